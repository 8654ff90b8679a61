"""Departments: named once, and put back with those who were in them."""

from __future__ import annotations

import pytest

from kundresa.accounts.models import Department, Membership
from tests.areas.accounts.conftest import As, Cast
from tests.areas.accounts.test_members import HTMX, told

pytestmark = [pytest.mark.db, pytest.mark.django_db]
PAGE = "/w/shop/settings/departments/"


def names(cast: Cast) -> set[str]:
    return set(Department.objects.filter(workspace=cast.shop).values_list("name", flat=True))


def test_members_see_them_and_owners_change_them(cast: Cast, browse: As) -> None:
    number = Department.objects.create(workspace=cast.shop, name="Sales").pk
    assert "Sales" in browse(cast.vera).get(PAGE).content.decode()
    for path in (PAGE, f"{PAGE}{number}/", f"{PAGE}{number}/remove/", f"{PAGE}undo/1/"):
        assert browse(cast.bob).post(path, {"name": "Mine"}).status_code == 403
        assert browse(cast.charlie).post(path, {"name": "Mine"}).status_code == 404
    assert names(cast) == {"Sales"}


def test_a_name_stands_once_however_it_is_written(cast: Cast, browse: As) -> None:
    client = browse(cast.alice)
    page = client.post(PAGE, {"name": "Åre"}, follow=True).content.decode()
    assert "Åre" in page
    answer = client.post(PAGE, {"name": "åRE"})
    assert answer.status_code == 400
    assert "of that name already" in answer.content.decode()
    assert names(cast) == {"Åre"}


def test_a_department_is_renamed_also_in_its_letters(cast: Cast, browse: As) -> None:
    number = Department.objects.create(workspace=cast.shop, name="sales").pk
    browse(cast.alice).post(f"{PAGE}{number}/", {"name": "Sales"})
    assert names(cast) == {"Sales"}


def test_who_was_in_a_removed_department_is_in_none_until_that_is_undone(
    cast: Cast, browse: As
) -> None:
    sales = Department.objects.create(workspace=cast.shop, name="Sales")
    shop = Department.objects.create(workspace=cast.shop, name="Shop")
    Membership.objects.filter(workspace=cast.shop).update(department=sales)
    client = browse(cast.alice)
    undo = told(client.post(f"{PAGE}{sales.pk}/remove/", headers=HTMX))[1]
    assert cast.place(cast.bob).department is None
    Membership.objects.filter(member=cast.vera).update(department=shop)
    for _again in range(2):
        client.post(undo, headers=HTMX)
    assert names(cast) == {"Sales", "Shop"}
    assert str(cast.place(cast.bob).department) == "Sales"
    assert str(cast.place(cast.vera).department) == "Shop", "who is in another since stays there"


def test_one_of_another_workspace_is_not_there(cast: Cast, browse: As) -> None:
    theirs = Department.objects.create(workspace=cast.other, name="Theirs").pk
    for path in (f"{PAGE}{theirs}/", f"{PAGE}{theirs}/remove/"):
        assert browse(cast.alice).post(path, {"name": "Mine"}).status_code == 404
    assert Department.objects.get().name == "Theirs"
