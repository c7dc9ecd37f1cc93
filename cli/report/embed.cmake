# Writes assets.cc: style and script of the pages as string literals.
#
#   cmake -DOUTPUT=assets.cc -DSTYLE=page.css -DSCRIPTS=a.js,b.js -P embed.cmake
function(read_asset variable path)
  file(READ "${path}" text)
  # These bytes stand inside of <style> and <script>.
  string(FIND "${text}" "</" closing)
  if(NOT closing EQUAL -1)
    message(FATAL_ERROR "${path}: \"</\" would end the element it stands in")
  endif()
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# Compilers bound the length of one literal; adjacent ones are joined.
function(add_literal name text)
  string(SHA256 hash "${text}")
  set(literals "")
  string(LENGTH "${text}" length)
  set(begin 0)
  while(begin LESS length)
    string(SUBSTRING "${text}" ${begin} 8000 part)
    string(APPEND literals "\n    R\"~asset~(${part})~asset~\"")
    math(EXPR begin "${begin} + 8000")
  endwhile()
  file(APPEND "${OUTPUT}.new"
       "const std::string_view ${name} =${literals};\n"
       "const std::string_view ${name}Sha256 =\n    \"${hash}\";\n")
endfunction()

file(WRITE "${OUTPUT}.new" "#include \"cli/report/assets.h\"\n\nnamespace heapq {\n\n")
read_asset(style "${STYLE}")
add_literal(kPageStyle "${style}")
set(script "")
string(REPLACE "," ";" paths "${SCRIPTS}")
foreach(path IN LISTS paths)
  read_asset(text "${path}")
  string(APPEND script "${text}\n")
endforeach()
add_literal(kPageScript "${script}")
file(APPEND "${OUTPUT}.new" "\n}  // namespace heapq\n")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
