/*  The sweep of failing allocations: a scenario is run with its N-th allocation failing, for N = 0,
   1, 2 … until it passes without being struck; then again with every allocation from the N-th on
    failing. After each run nothing may be left behind.

    The scenario starts from nothing and gives everything back, whatever it returned on the way. It
    runs hundreds of times, so it is short and prints nothing. What a library takes from malloc by
    itself (libzmq, czmq, expat, zstd) is neither failed nor counted. */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

/*  Fails the running CUnit test with the N at which a block was left, or when 100,000 strikes were
    not enough. Gives the number of allocations that the scenario makes when none fails. */
long sweep_allocations (void (*scenario) (void *), void *context);

#endif
