# A test is picked up by where it lies and what it is called:
#
#   tests/SUITE/test_NAME.c     a CUnit executable test_NAME, CTest label SUITE
#   tests/SUITE/prog_NAME.c     a program that tests of the suite start; build/tests/prog_NAME
#   tests/SUITE/*.c             otherwise: helpers of the suite, linked into each of its tests
#   tests/SUITE/*.sh            a script test, CTest name SUITE_NAME; exit 77 means skipped
#   tests/sim/main.c            the program sim (one seed by hand); no test
#   tests/fuzz/fuzz_NAME.c      a fuzz target; its corpus is tests/fuzz/corpus/NAME
#
# A test links the folders that it includes, and no others: one folder that does not compile does
# not stop the tests of its neighbours. A test that includes link/, the public headers or pthread.h
# also gets the label "threads", which the ThreadSanitizer build runs.

pkg_check_modules (CUNIT REQUIRED IMPORTED_TARGET cunit)
set (tests_dir ${CMAKE_SOURCE_DIR}/tests)
set (CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

# Seconds that a test of a suite may take; sanitizers make it three times as long, the long tier
# multiplies it.
set (MUSTER_TEST_TIME_FACTOR 1 CACHE STRING "Multiplies the time that a test may take")
set (suites unit wire state comets golden sim integration)
set (scripts packaging floors golden integration docs npm tidy)
set (timeout_unit 60)
set (timeout_wire 60)
set (timeout_state 120)
set (timeout_comets 240)
set (timeout_golden 300) # callgrind, beside whatever else runs
set (timeout_sim 240)
set (timeout_integration 180)
set (timeout_fuzz 60)

# Public headers of what runs in its caller's thread: a test of it alone starts no threads.
set (single box|conflict|crdt|deadreckoning|encoding|events|metadata|octree|partition|shard|store|sync|types)

# Sets `out` to the targets of the folders that the files include, and `threads` to whether any of
# them starts threads. The build looks again when one of the files changes.
function (muster_links out threads)
  set (links muster_base)
  set (${threads} FALSE PARENT_SCOPE)
  foreach (file ${ARGN})
    set_property (DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file (STRINGS ${file} lines REGEX "^#include")
    foreach (folder ${folders})
      if (lines MATCHES "\"${folder}/[a-z0-9_]+\\.h\"")
        string (REPLACE "/" "_" target ${folder})
        list (APPEND links muster_${target})
      endif ()
    endforeach ()
    string (REGEX REPLACE "<muster/error\\.h>" "" lines "${lines}")
    if (lines MATCHES "<muster/")
      list (APPEND links muster_federate muster_rti)
    endif ()
    string (REGEX REPLACE "<muster/(${single})\\.h>" "" lines "${lines}")
    if (lines MATCHES "<muster/|\"link/|<pthread\\.h>")
      set (${threads} TRUE PARENT_SCOPE)
    endif ()
  endforeach ()
  list (REMOVE_DUPLICATES links)
  set (${out} ${links} PARENT_SCOPE)
endfunction ()

set (test_environment
     MUSTER_SOURCE_DIR=${CMAKE_SOURCE_DIR} MUSTER_BUILD_DIR=${CMAKE_BINARY_DIR}
     TSAN_OPTIONS=suppressions=${tests_dir}/support/tsan.supp:halt_on_error=1:second_deadlock_stack=1
     ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1)

function (muster_test_properties name suite)
  set (seconds ${timeout_${suite}})
  if (NOT seconds)
    set (seconds 300)
  endif ()
  math (EXPR seconds "${seconds} * ${MUSTER_TEST_TIME_FACTOR}")
  if (MUSTER_SANITIZE)
    math (EXPR seconds "${seconds} * 3")
  endif ()
  set_tests_properties (
    ${name} PROPERTIES LABELS "${suite};${ARGN}" TIMEOUT ${seconds} SKIP_RETURN_CODE 77
    ENVIRONMENT "${test_environment}")
  if (suite STREQUAL integration) # it measures real time: nothing runs beside it
    set_tests_properties (${name} PROPERTIES RUN_SERIAL TRUE)
  endif ()
endfunction ()

# What all C tests share.
file (GLOB support_sources CONFIGURE_DEPENDS ${tests_dir}/support/*.c)
add_library (tests_support STATIC ${support_sources})
target_compile_definitions (tests_support PUBLIC TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                                TEST_BUILD_DIR="${CMAKE_BINARY_DIR}")
target_include_directories (tests_support PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_link_libraries (tests_support PUBLIC muster_base PkgConfig::CUNIT)

# A sample's own library of pure code, for the suite of the same name.
function (muster_suite_target out suite)
  set (${out} "" PARENT_SCOPE)
  if (TARGET ${suite}_physics)
    set (${out} ${suite}_physics PARENT_SCOPE)
  endif ()
endfunction ()

function (muster_suite suite)
  file (GLOB tests CONFIGURE_DEPENDS ${tests_dir}/${suite}/test_*.c)
  file (GLOB programs CONFIGURE_DEPENDS ${tests_dir}/${suite}/prog_*.c)
  file (GLOB helpers CONFIGURE_DEPENDS ${tests_dir}/${suite}/*.c)
  file (GLOB headers CONFIGURE_DEPENDS ${tests_dir}/${suite}/*.h)
  list (REMOVE_ITEM helpers ${tests} ${programs} ${tests_dir}/${suite}/main.c "")
  muster_suite_target (extra ${suite})

  set (shared tests_support ${extra})
  if (helpers)
    muster_links (links threads ${helpers} ${headers})
    add_library (tests_${suite}_helpers STATIC ${helpers})
    target_link_libraries (tests_${suite}_helpers PUBLIC tests_support ${extra} ${links})
    list (PREPEND shared tests_${suite}_helpers)
  endif ()

  foreach (file ${tests} ${programs})
    get_filename_component (name ${file} NAME_WE)
    muster_links (links threads ${file} ${headers})
    add_executable (${name} ${file})
    target_link_libraries (${name} PRIVATE ${shared} ${links})
    if (name MATCHES "^test_")
      add_test (NAME ${name} COMMAND ${name})
      if (threads)
        muster_test_properties (${name} ${suite} threads)
      else ()
        muster_test_properties (${name} ${suite})
      endif ()
    endif ()
  endforeach ()

  if (suite STREQUAL sim AND EXISTS ${tests_dir}/sim/main.c)
    muster_links (links threads ${tests_dir}/sim/main.c ${headers})
    add_executable (sim ${tests_dir}/sim/main.c)
    target_link_libraries (sim PRIVATE ${shared} ${links})
  endif ()
endfunction ()

if (NOT MUSTER_FUZZ)
  foreach (suite ${suites})
    muster_suite (${suite})
  endforeach ()

  foreach (suite ${scripts})
    file (GLOB files CONFIGURE_DEPENDS ${tests_dir}/${suite}/*.sh)
    foreach (file ${files})
      get_filename_component (name ${file} NAME_WE)
      add_test (NAME ${suite}_${name} COMMAND ${file})
      if (suite MATCHES "packaging|floors")
        muster_test_properties (${suite}_${name} ${suite} tidy)
      else ()
        muster_test_properties (${suite}_${name} ${suite})
      endif ()
    endforeach ()
  endforeach ()
endif ()

# Fuzz targets: with clang's libFuzzer when asked; otherwise a driver that replays the corpus.
file (GLOB fuzz_targets CONFIGURE_DEPENDS ${tests_dir}/fuzz/fuzz_*.c)
file (GLOB fuzz_headers CONFIGURE_DEPENDS ${tests_dir}/fuzz/*.h)
foreach (file ${fuzz_targets})
  get_filename_component (name ${file} NAME_WE)
  string (REGEX REPLACE "^fuzz_" "" short ${name})
  muster_links (links threads ${file} ${fuzz_headers})
  add_executable (${name} ${file})
  target_include_directories (${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
  file (STRINGS ${file} helped REGEX "\"tests/support/")
  if (helped)
    target_link_libraries (${name} PRIVATE tests_support)
  endif ()
  target_link_libraries (${name} PRIVATE ${links})
  if (MUSTER_FUZZ)
    target_link_options (${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  else ()
    target_sources (${name} PRIVATE ${tests_dir}/fuzz/replay.c)
    add_test (NAME ${name} COMMAND ${name} ${tests_dir}/fuzz/corpus/${short})
    muster_test_properties (${name} fuzz)
  endif ()
endforeach ()
