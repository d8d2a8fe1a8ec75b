#!/bin/sh
# An array of calls of this program, for LSF. Untested: no LSF has run it yet.
#BSUB -J "@NAME@[1-@COUNT@]"
#BSUB -n 1
#BSUB -o @FOLDER@/job-%I.log
exec "@PROGRAM@" task "@TASKS@" --index "$LSB_JOBINDEX"
