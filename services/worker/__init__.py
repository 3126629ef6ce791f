"""Deliver messages: take jobs off the queue, talk to carriers, take delivery reports."""
