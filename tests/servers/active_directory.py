"""Fills the users and groups of a Samba domain. Arguments: smb.conf, sam.ldb."""

import sys

import ldb
from samba import param
from samba.auth import system_session
from samba.samdb import SamDB

configuration, database = sys.argv[1:]
parameters = param.LoadParm()
parameters.load(configuration)
domain = SamDB(url=database, session_info=system_session(), lp=parameters)

# After five wrong passwords within half an hour an account is locked for as long.
policy = ldb.Message(ldb.Dn(domain, domain.domain_dn()))
half_an_hour = str(-30 * 60 * 10_000_000)
for name, value in [
    ("lockoutThreshold", "5"),
    ("lockoutDuration", half_an_hour),
    ("lockOutObservationWindow", half_an_hour),
    ("minPwdAge", "0"),
]:
    policy[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
domain.modify(policy)

people = {
    "stockroom": {},
    "alice": {"givenname": "Alice", "surname": "Ångström", "mailaddress": "alice@mail.example"},
    "bert": {"givenname": "Bert", "surname": "Operator", "mailaddress": "bert@mail.example"},
    "boss": {"givenname": "Bo", "surname": "Boss", "mailaddress": "boss@mail.example"},
    "carol": {},
    "dora": {},
    "erna": {},
    "mona": {"force_password_change_at_next_login_req": True},
    "luke": {},
    "otto": {},
    "rita": {},
    "tina": {},
    "toni": {},
    "oskar": {},
    "otmar": {},
    "local": {"mailaddress": "taken@mail.example"},
}
for name, more in people.items():
    domain.newuser(name, "Passw0rd!" + name, **more)
domain.disable_account("(sAMAccountName=dora)")
domain.setexpiry("(sAMAccountName=erna)", -3600)

groups = {
    "Stock-Customers": ["alice", "local", "luke", "mona", "dora", "erna", "otto", "rita", "tina", "toni", "oskar", "otmar"],
    "Stock-Operators": ["bert"],
    "Head-Office": ["boss"],
    "Directors": [],
    "Stock-Admins": [],
}
for name, members in groups.items():
    domain.newgroup(name)
    if members:
        domain.add_remove_group_members(name, members, add_members_operation=True)
# Groups in groups: boss is an admin by way of two others.
domain.add_remove_group_members("Directors", ["Head-Office"], add_members_operation=True)
domain.add_remove_group_members("Stock-Admins", ["Directors"], add_members_operation=True)
