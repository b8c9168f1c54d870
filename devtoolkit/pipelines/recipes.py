"""The recipes: which steps, in which order."""

from devtoolkit.pipelines.base import Step
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.steps.check import Check, CheckChip
from devtoolkit.pipelines.steps.detect import Detect
from devtoolkit.pipelines.steps.erase import Erase
from devtoolkit.pipelines.steps.first_boot import FirstBoot
from devtoolkit.pipelines.steps.flash import Flash
from devtoolkit.pipelines.steps.read_manifest import ReadManifest
from devtoolkit.pipelines.steps.verify import Verify
from devtoolkit.pipelines.steps.wait_node import WaitNode

Recipe = tuple[Step[DeployContext], ...]

MAKE: Recipe = (Detect(), Check(), Erase(), Flash(), Verify(), FirstBoot(), ReadManifest(), WaitNode())
ERASE: Recipe = (Detect(), CheckChip(), Erase())
DEPLOY: Recipe = (Detect(), Check(), Flash("firmware"), Verify("firmware"))
INSTALL: Recipe = (Detect(), Check(), Flash("files"), Verify("files"), FirstBoot(), ReadManifest(), WaitNode())
