#!/usr/bin/env bash
# check_slurm.sh PROGRAM SOURCE_FOLDER: twelve points through a Slurm that this script starts for itself (munged,
# slurmctld and slurmd, stopped by their process numbers at the end), against the same sweep on this computer.
# Exit code 77: it cannot be started here.
set -uo pipefail
program=$1 source=$2
skip() { echo "SKIPPED: $*"; exit 77; }
fail() { echo "FAILED: $*"; exit 1; }
for needed in munged slurmctld slurmd sbatch squeue; do
  command -v $needed >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v $needed >/dev/null ||
    skip "$needed is missing (packages slurm-wlm and munge)"
done
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || skip "Slurm's daemons are started as root"
[ -d /sys/fs/cgroup ] || skip "slurmd needs /sys/fs/cgroup"
[ -e /usr/share/datasets/fashion-mnist ] || skip "dataset-fashion-mnist is not installed"

folder=$(mktemp -d)
chmod 755 "$folder"
mkdir "$folder"/{run,log,state,spool}
stop() {
  for daemon in slurmd slurmctld munged; do
    [ -s "$folder/run/$daemon.pid" ] && kill "$(cat "$folder/run/$daemon.pid")" 2>/dev/null
  done
  sleep 1
  rm -rf "$folder"
}
trap stop EXIT

# Nobody else's cluster: a key, a socket and ports of its own.
(umask 077; head -c 1024 /dev/urandom > "$folder/munge.key")
port=$((20000 + $$ % 20000))
host=$(hostname -s)
cat > "$folder/slurm.conf" <<CONF
ClusterName=reprise
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
SwitchType=switch/none
MaxArraySize=1001
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
munged --key-file="$folder/munge.key" --socket="$folder/run/munge.sock" --pid-file="$folder/run/munged.pid" \
  --log-file="$folder/log/munged.log" --seed-file="$folder/run/munged.seed" || skip "munged does not start"
slurmctld -c || skip "slurmctld does not start"
slurmd -c || skip "slurmd does not start"
for _ in $(seq 60); do
  [ "$(timeout 10 sinfo -h -o %t 2>/dev/null)" = idle ] && break
  sleep 0.5
done
[ "$(timeout 10 sinfo -h -o %t)" = idle ] || skip "no node of Slurm gets idle: $(tail -1 "$folder/log/slurmd.log")"

cat > "$folder/sweep.yaml" <<YAML
name: on Slurm
scenario: $source/scenarios/sweeps/lenet5_base.yaml
settings: {dataset: {count: 2}, evaluation: {count: 20}}
axes:
  - {key: mapping.engine, values: [dense, wpr]}
  - {key: platform.adc.bits, values: [4, 5, 6]}
  - {key: platform.pipeline.scatter_ports, values: [1, 4]}
YAML
timeout 400 "$program" sweep "$folder/sweep.yaml" -o "$folder/cluster" --executor slurm || fail "exit code $?"
timeout 400 "$program" -q sweep "$folder/sweep.yaml" -o "$folder/local" || fail "locally: exit code $?"
# All tables but `effort`, which holds seconds.
content() {
  python3 - "$1/sweep.db" <<'PYTHON'
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1])
for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'effort' ORDER BY name"):
    for row in sorted(database.execute(f"SELECT * FROM {table}"), key=repr):
        print(table, *row)
PYTHON
}
for where in cluster local; do content "$folder/$where" > "$folder/$where.txt" || fail "$where: no content"; done
cmp "$folder/cluster.txt" "$folder/local.txt" || fail "the databases differ"
[ "$(grep -c '^points .* done' "$folder/cluster.txt")" = 12 ] || fail "twelve points were expected"
[ -z "$(squeue --noheader)" ] || fail "jobs are left"
echo "twelve points on Slurm are those on this computer"
