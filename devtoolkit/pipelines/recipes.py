"""The recipes: which steps, in which order."""

from devtoolkit.pipelines.base import Step
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.steps.check import Check, CheckChip
from devtoolkit.pipelines.steps.detect import Detect
from devtoolkit.pipelines.steps.erase import Erase
from devtoolkit.pipelines.steps.first_boot import FirstBoot
from devtoolkit.pipelines.steps.flash import Flash
from devtoolkit.pipelines.steps.read_manifest import ReadManifest
from devtoolkit.pipelines.steps.restart import Restart
from devtoolkit.pipelines.steps.rp2_check import CheckRp2
from devtoolkit.pipelines.steps.rp2_copy import CopyUf2
from devtoolkit.pipelines.steps.rp2_detect import DetectRp2
from devtoolkit.pipelines.steps.rp2_enter import EnterBootDrive
from devtoolkit.pipelines.steps.rp2_returned import DriveReturned
from devtoolkit.pipelines.steps.verify import Verify
from devtoolkit.pipelines.steps.wait_node import WaitNode

Recipe = tuple[Step[DeployContext], ...]

MAKE: Recipe = (Detect(), Check(), Erase(), Flash(), Verify(), FirstBoot(), ReadManifest(), WaitNode())
ERASE: Recipe = (Detect(), CheckChip(), Erase())
DEPLOY: Recipe = (Detect(), Check(), Flash("firmware"), Verify("firmware"))
INSTALL: Recipe = (Detect(), Check(), Flash("files"), Verify("files"), FirstBoot(), ReadManifest(), WaitNode())

_TO_DRIVE: Recipe = (EnterBootDrive(), CopyUf2())
_PROVE: Recipe = (FirstBoot(), ReadManifest(), WaitNode())
RP2_MAKE: Recipe = (DetectRp2(), CheckRp2(), *_TO_DRIVE, *_PROVE)
RP2_ERASE: Recipe = (DetectRp2(), CheckRp2("blank"), *_TO_DRIVE, DriveReturned())
RP2_DEPLOY: Recipe = (DetectRp2(), CheckRp2("firmware"), *_TO_DRIVE, FirstBoot(), Restart())
RP2_INSTALL: Recipe = (DetectRp2(), CheckRp2("files"), *_TO_DRIVE, *_PROVE)
