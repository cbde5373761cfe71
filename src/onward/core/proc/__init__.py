"""The only door to other processes: ``call`` says what, ``run`` does it, ``handover`` becomes it."""
