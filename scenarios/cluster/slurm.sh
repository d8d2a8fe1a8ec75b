#!/bin/sh
# An array of calls of this program, for Slurm.
#SBATCH --job-name=@NAME@
#SBATCH --array=1-@COUNT@
#SBATCH --ntasks=1
#SBATCH --output=@FOLDER@/job-%a.log
exec "@PROGRAM@" task "@TASKS@" --index "$SLURM_ARRAY_TASK_ID"
