"""What the frame of every page answers: the wish for light or dark."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kundresa.ui.wishes import LOOK_COOKIE, LOOKS

_YEAR = 365 * 24 * 3600


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Keep the reader's look, or forget it, and lead back."""
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    answer = HttpResponseRedirect(back if is_ours else "/")
    wish = request.POST.get("look", "")
    if wish in LOOKS:
        answer.set_cookie(
            LOOK_COOKIE,
            wish,
            max_age=_YEAR,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
    else:
        answer.delete_cookie(LOOK_COOKIE, samesite="Lax")
    return answer
