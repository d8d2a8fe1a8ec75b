#!/bin/sh
# An array of calls of this program, for Grid Engine. Untested: no Grid Engine has run it yet.
#$ -N @NAME@
#$ -t 1-@COUNT@
#$ -j y
#$ -o @FOLDER@/job-$TASK_ID.log
#$ -S /bin/sh
exec "@PROGRAM@" task "@TASKS@" --index "$SGE_TASK_ID"
