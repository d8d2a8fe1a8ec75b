// Not compiled: the include check must find the next line.
#include "platform/host.h"
