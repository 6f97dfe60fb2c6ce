"""Distributed steps: as many processes as the job asks for, each told what Azure ML would tell it.

All nodes are this machine: each has a working copy of its own, and the data folder is shared.
"""
