"""The commands, one module a noun, each a few lines: read options, ask the application, show the answer.

Nothing heavy is imported at the top of these modules: `--help`, completion and errors must not wait for a database
library. Commands answer their exit code and never exit by themselves.
"""
