# Links heapq with static libraries alone, so that it runs on any Linux of its
# architecture. Included by CMakeLists.txt if HEAPQ_STATIC is on. Debian's
# package files name the shared libraries; this file names the others.

add_link_options(-static)
set_property(TARGET PkgConfig::YAJL PROPERTY INTERFACE_LINK_LIBRARIES yajl_s)
set_property(TARGET SQLite::SQLite3 APPEND PROPERTY INTERFACE_LINK_LIBRARIES m dl)
# There is no static libtomlplusplus: compile the headers.
set_property(TARGET PkgConfig::TOMLPLUSPLUS PROPERTY INTERFACE_LINK_LIBRARIES)
set_property(TARGET PkgConfig::TOMLPLUSPLUS PROPERTY INTERFACE_COMPILE_OPTIONS
                                                     -DTOML_HEADER_ONLY=1)
if(HEAPQ_EXPLORE)
  set_property(TARGET PkgConfig::NCURSES PROPERTY INTERFACE_LINK_LIBRARIES
                                                  ncursesw tinfo)
endif()
if(HEAPQ_SERVE)
  # Debian's libmicrohttpd refers to GnuTLS, which has no static library that is
  # complete. heapq serves plain HTTP.
  add_library(heapq_no_tls STATIC cli/serve/no_tls.c)
  set_property(TARGET PkgConfig::MICROHTTPD PROPERTY INTERFACE_LINK_LIBRARIES
                                                     microhttpd heapq_no_tls)
endif()
