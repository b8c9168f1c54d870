"""Step: the erased board shows its boot drive again."""

import time

from devtoolkit.errors import BoardError
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.port_return import GIVE_UP_S
from devtoolkit.pipelines.steps.rp2_detect import only_drive

_POLL_S = 0.1
_SAME_MOUNT_S = 15.0  # a system may show the new drive as the old one; by then the boot ROM has written everything


class DriveReturned:
    """With nothing to start in its flash the boot ROM offers the drive by itself: that proves the erase."""

    name = "verify"
    title = "Wait for the empty board"

    def run(self, context: DeployContext) -> Report:
        started, left = time.monotonic(), False
        while True:
            drive, waited = only_drive(context), time.monotonic() - started
            left = left or drive is None or drive.mount != context.copied_to
            if drive is not None and (left or waited > _SAME_MOUNT_S):
                break
            if waited > GIVE_UP_S:
                raise BoardError("The board did not come back after it was erased.", hint=context.plan.board.notes)
            yield Progress(0, 0)
            time.sleep(_POLL_S)
        yield Progress(1, 1, "the boot drive is back")
