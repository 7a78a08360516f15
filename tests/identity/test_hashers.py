"""Argon2id: parameters written down, and so many computations at once and no more."""

import threading
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from django.contrib.auth.hashers import check_password, make_password

from isoloir.identity.hashers import ExplicitArgon2PasswordHasher

GIBIBYTE_IN_KIB = 1024 * 1024


class Meter:
    """Counts how many computations of the library run at the same time."""

    def __init__(self, monkeypatch):
        self.now = self.peak = self.total = 0
        self._lock = threading.Lock()
        for owner, name in ((argon2.low_level, "hash_secret"), (argon2.PasswordHasher, "verify")):
            monkeypatch.setattr(owner, name, self._measured(getattr(owner, name)))

    def _measured(self, compute):
        def run(*arguments, **options):
            with self._lock:
                self.now, self.total = self.now + 1, self.total + 1
                self.peak = max(self.peak, self.now)
            try:
                return compute(*arguments, **options)
            finally:
                with self._lock:
                    self.now -= 1

        return run


@pytest.mark.parametrize("at_once", [1, 3])
def test_two_hundred_sign_ins_at_once_take_the_memory_of_a_few(settings, monkeypatch, at_once):
    settings.ARGON2_AT_ONCE = at_once
    encoded = make_password("Chouette-Effraie-7")
    meter = Meter(monkeypatch)
    together = threading.Barrier(200)

    def sign_in(number):
        together.wait()
        # One in ten makes a new password meanwhile.
        return make_password("Autre") if number % 10 == 0 else check_password("Chouette-Effraie-7", encoded)

    with ThreadPoolExecutor(200) as pool:
        assert all(pool.map(sign_in, range(200)))
    assert meter.total == 200
    assert 1 <= meter.peak <= at_once


def test_the_settings_of_production_keep_all_sign_ins_under_a_gibibyte():
    from config.settings import base

    assert (base.ARGON2_TIME_COST, base.ARGON2_MEMORY_KIB) == (2, 19 * 1024)
    assert 1 <= base.ARGON2_AT_ONCE * base.ARGON2_MEMORY_KIB < GIBIBYTE_IN_KIB


def test_a_fault_gives_the_turn_back(settings, monkeypatch):
    settings.ARGON2_AT_ONCE = 1
    encoded = make_password("Chouette-Effraie-7")

    def fail(*_arguments, **_options):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(argon2.low_level, "hash_secret", fail)
        with pytest.raises(MemoryError):
            make_password("Chouette-Effraie-7")
    assert check_password("Chouette-Effraie-7", encoded)


def test_parameters_are_those_of_the_settings_whatever_the_library_thinks(settings):
    settings.ARGON2_TIME_COST, settings.ARGON2_MEMORY_KIB = 3, 2048
    hasher = ExplicitArgon2PasswordHasher()
    encoded = hasher.encode("Chouette-Effraie-7", hasher.salt())
    assert encoded.startswith("argon2$argon2id$v=19$m=2048,t=3,p=1$")
    assert not hasher.must_update(encoded)
    settings.ARGON2_TIME_COST = 4
    assert hasher.must_update(encoded)
