#include "buildwatch/cli/app.hpp"

int main(int argc, char** argv) { return buildwatch::cli::app(argc, argv); }
