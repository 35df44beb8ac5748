"""Arrays in, arrays or small frozen dataclasses out: no column names, no frames, no printing.

Kernels return flags and counts (rank, dropped columns, degenerate clusters) and never warn: the design of a
method, which knows the names, turns them into words. Each private file holds one idea; import from it.
"""
