/*  The smallest program that shows that headers and library were found and belong together. */
#include <muster/muster.h>

#include <stdio.h>
#include <string.h>

int main (void)
{
    puts (mst_error_name (MST_E_TIME_PASSED));
    return strcmp (mst_error_name (MST_E_TIME_PASSED), "MST_E_TIME_PASSED") == 0 ? 0 : 1;
}
