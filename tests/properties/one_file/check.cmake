# A neuron model, a rule and an app are one new file each: a copy of the sources gets just these
# three files, and the build must find them, hold model and rule to their contracts, list the app
# and compile all. Needs ROOT, COMPILER, GENERATOR and SCRATCH (a folder that is made anew).
file(REMOVE_RECURSE ${SCRATCH})
foreach(item IN ITEMS CMakeLists.txt README.md .github .ci core neurons plasticity apps tests)
  file(COPY ${ROOT}/${item} DESTINATION ${SCRATCH}/source)
endforeach()
file(COPY ${CMAKE_CURRENT_LIST_DIR}/my_model.hpp DESTINATION ${SCRATCH}/source/neurons)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/my_rule.hpp DESTINATION ${SCRATCH}/source/plasticity)
configure_file(${CMAKE_CURRENT_LIST_DIR}/my_app.cpp.in ${SCRATCH}/source/apps/my_app.cpp COPYONLY)

function(run)
  execute_process(${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "failed: ${ARGN}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(COMMAND ${CMAKE_COMMAND} -S ${SCRATCH}/source -B ${SCRATCH}/build -G ${GENERATOR}
            -DCMAKE_CXX_COMPILER=${COMPILER} -DCLOCKLESS_TESTS=ON
            -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON)

# What the build would compile, and whether it can.
file(READ ${SCRATCH}/build/compile_commands.json commands)
string(JSON count LENGTH "${commands}")
math(EXPR last "${count} - 1")
set(found)
foreach(i RANGE ${last})
  string(JSON file GET "${commands}" ${i} file)
  if(file MATCHES "(neurons_my_model|plasticity_my_rule|apps/my_app)\\.cpp$")
    list(APPEND found ${CMAKE_MATCH_1})
    string(JSON command GET "${commands}" ${i} command)
    run(COMMAND sh -c "${command} -fsyntax-only" WORKING_DIRECTORY ${SCRATCH}/build)
  endif()
endforeach()
list(SORT found)
if(NOT found STREQUAL "apps/my_app;neurons_my_model;plasticity_my_rule")
  message(FATAL_ERROR "the build found only: ${found}")
endif()

run(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${SCRATCH}/build -N -R smoke:my-app)
if(NOT output MATCHES "smoke:my-app")
  message(FATAL_ERROR "no smoke run of the new app:\n${output}")
endif()
file(REMOVE_RECURSE ${SCRATCH})
