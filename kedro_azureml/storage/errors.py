"""What can go wrong with temporary storage. No message holds a key or a signature."""

from __future__ import annotations


class StorageError(Exception):
    """Something that a person can fix; the message says what and how."""


class UnreachableError(StorageError):
    """No way leads there from here: the network, or the account's firewall."""


class MissingError(StorageError):
    """There is nothing of that name."""


class BrokenError(StorageError):
    """What is there is not whole, or not of this format."""


class ChangedError(StorageError):
    """What was being read has been replaced by another writer."""


class NotPicklableError(StorageError):
    """An object that cannot be pickled; the message is pickle's own."""
