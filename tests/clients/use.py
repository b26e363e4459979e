"""A program that uses the generated Python client against a hub: every list, every kind of account, and
error codes."""

import sys

from generated.rolecall import AuthenticatedClient
from generated.rolecall.api.accounts import get_account, get_account_history, list_group_accounts
from generated.rolecall.api.groups import create_group, delete_group, list_groups
from generated.rolecall.api.orphaned_stacks import list_orphaned_stacks
from generated.rolecall.api.registrations import create_registration, list_registrations
from generated.rolecall.models import (
    AccountPage,
    ActiveAccount,
    ActiveAccountItem,
    AuditEntryPage,
    CreateGroupBody,
    CreateRegistrationBody,
    DeregisteredAccount,
    DisconnectedAccount,
    Ec2InstanceChoice,
    Ec2InstanceChoiceKind,
    Group,
    GroupNotEmptyProblem,
    GroupPage,
    OrphanedStackPage,
    OrphanStatus,
    Registration,
    RegistrationPage,
    UnhealthyAccount,
)

Account = ActiveAccount | UnhealthyAccount | DisconnectedAccount | DeregisteredAccount


def expect(kind, answer):
    assert isinstance(answer, kind), f"{kind.__name__} expected: {answer}"
    return answer


def describe(account: Account) -> str:
    """Each state has only its own fields."""
    match account:
        case ActiveAccount() | UnhealthyAccount():
            return f"{account.health}, last checked {account.last_checked_at}"
        case DisconnectedAccount():
            return f"disconnected at {account.disconnected_at}: {account.evidence}"
        case DeregisteredAccount():
            return f"deregistered at {account.deregistered_at}, stack {account.orphaned_stack_id}"


def main(base_url: str, token: str, group_id: str) -> None:
    hub = AuthenticatedClient(base_url=base_url, token=token)

    body = CreateGroupBody(name="By the Python client", color="#2f6fed")
    group = expect(Group, create_group.sync(client=hub, body=body))
    groups = expect(GroupPage, list_groups.sync(client=hub, limit=100))
    assert group.group_id in [one.group_id for one in groups.items]

    role = Ec2InstanceChoice(kind=Ec2InstanceChoiceKind.EC2_INSTANCE)
    body = CreateRegistrationBody(
        account_name="Shop", access=["volume-backup"], companion_roles=[role]
    )
    made = expect(
        Registration, create_registration.sync(group.group_id, client=hub, body=body)
    )
    assert made.access == ["volume-backup"]
    registrations = expect(
        RegistrationPage, list_registrations.sync(group.group_id, client=hub)
    )
    assert [one.registration_id for one in registrations.items] == [made.registration_id]

    problem = expect(GroupNotEmptyProblem, delete_group.sync(group.group_id, client=hub))
    print(f"refused: {problem.code}: {problem.detail}")

    accounts = expect(AccountPage, list_group_accounts.sync(group_id, client=hub))
    assert accounts.items, "the group has an account"
    for item in accounts.items:
        expect(ActiveAccountItem, item)
        account = expect(Account, get_account.sync(item.account_id, client=hub))
        print(f"account {account.name}: {describe(account)}")
        history = expect(
            AuditEntryPage, get_account_history.sync(item.account_id, client=hub)
        )
        assert history.items

    stacks = list_orphaned_stacks.sync(client=hub, status=OrphanStatus.GONE)
    print(f"orphaned stacks: {len(expect(OrphanedStackPage, stacks).items)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
