# Writes OUTPUT, a C++ unit that holds the page's files byte for byte. Run as a script: cmake -D FOLDER=… -D OUTPUT=… -P.
set(text "// Made from daemon/web/page by embed.cmake.\n#include \"web/page.hpp\"\n\nnamespace buildwatch::web::page {\nnamespace {\n")
set(views "")
foreach(name index.html app.css app.js)
  string(REPLACE "." "_" symbol ${name})
  file(READ ${FOLDER}/${name} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  # The zero at the end makes an empty file an array too.
  string(APPEND text "unsigned char const ${symbol}_bytes[] = {${bytes}0};\n")
  string(APPEND views "std::string_view const ${symbol}(reinterpret_cast<char const*>(${symbol}_bytes), sizeof ${symbol}_bytes - 1);\n")
endforeach()
file(WRITE ${OUTPUT} "${text}}  // namespace\n${views}}  // namespace buildwatch::web::page\n")
