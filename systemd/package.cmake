# What is installed, and the Debian package made of it: cmake --build TREE --target package
include(GNUInstallDirs)

# No library that is linked but not used becomes a dependency of the package; what is linked is settled at the start.
target_link_options(buildwatchd PRIVATE -Wl,--as-needed -Wl,-z,relro,-z,now)

set(here ${CMAKE_CURRENT_LIST_DIR})
set(made ${PROJECT_BINARY_DIR}/packaging)
set(doc share/doc/buildwatch)

# Debian wants manual pages and changelogs compressed, the same bytes each time.
function(buildwatch_compressed SOURCE NAME)
  add_custom_command(
    OUTPUT ${made}/${NAME}.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
    COMMAND gzip -9nc ${here}/${SOURCE} > ${made}/${NAME}.gz
    DEPENDS ${here}/${SOURCE}
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY buildwatch_compressed ${made}/${NAME}.gz)
endfunction()
buildwatch_compressed(man/buildwatchd.8 buildwatchd.8)
buildwatch_compressed(man/buildwatch.yaml.5 buildwatch.yaml.5)
buildwatch_compressed(debian/changelog changelog.Debian)
get_property(compressed GLOBAL PROPERTY buildwatch_compressed)
add_custom_target(buildwatch_compressed ALL DEPENDS ${compressed})

# The example as /etc has it: with the schema's place, and a store that commands find without the service's environment.
set(example ${PROJECT_SOURCE_DIR}/config/buildwatch.yaml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${example})
file(READ ${example} text)
string(REPLACE "$schema=schema.json" "$schema=/usr/share/buildwatch/schema.json" text "${text}")
string(REPLACE "# store: sqlite:" "store: sqlite:" text "${text}")
file(CONFIGURE OUTPUT ${made}/buildwatch.yaml CONTENT "${text}" @ONLY)

# Where Debian 12 has units and what belongs to the machine does not depend on the prefix.
install(TARGETS buildwatchd RUNTIME DESTINATION bin)
install(FILES ${here}/buildwatchd.service ${here}/buildwatchd@.service DESTINATION /lib/systemd/system)
install(FILES ${here}/buildwatch.catalog DESTINATION lib/systemd/catalog)
install(FILES ${made}/buildwatch.yaml DESTINATION /etc/buildwatch)
install(DIRECTORY DESTINATION /etc/buildwatch/jobs.d)
install(DIRECTORY DESTINATION /etc/buildwatch/credentials DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(DIRECTORY DESTINATION /etc/buildwatch/credentials.encrypted
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(FILES ${PROJECT_SOURCE_DIR}/config/schema.json ${PROJECT_SOURCE_DIR}/config/openapi.yaml DESTINATION share/buildwatch)
install(FILES ${PROJECT_SOURCE_DIR}/config/prometheus-rules.yaml ${PROJECT_SOURCE_DIR}/config/grafana-dashboard.json
              ${PROJECT_SOURCE_DIR}/config/nginx.conf DESTINATION ${doc}/examples)
install(FILES ${made}/buildwatchd.8.gz DESTINATION share/man/man8)
install(FILES ${made}/buildwatch.yaml.5.gz DESTINATION share/man/man5)
install(FILES ${here}/completion/buildwatchd DESTINATION share/bash-completion/completions)
install(FILES ${made}/changelog.Debian.gz ${here}/debian/copyright DESTINATION ${doc})
install(DIRECTORY ${here}/examples/ DESTINATION ${doc}/examples)
install(FILES ${here}/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME buildwatch)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME buildwatch)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "buildwatch maintainers <buildwatch@example.org>")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${here}/debian/postinst ${here}/debian/prerm ${here}/debian/postrm
                                       ${here}/debian/conffiles)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "watches CodeArts builds and tells how each one ends
buildwatchd polls the build-info API of Huawei Cloud CodeArts Build for the
jobs listed in a YAML file, sees each build go from running to finished, and
tells people and scripts: a line in the log, a signed webhook, a program.

A transition is one event with one id, stored with all that it owes before
anything is sent, and tried again until its receiver has taken it: over
restarts, crashes, a full disk and a changed configuration.

It runs as a systemd service in a sandbox, as a user of its own, with its
secrets handed over as credentials.")
include(CPack)
