// Pages work without this script.
