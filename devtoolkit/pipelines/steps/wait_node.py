"""Step: wait until the node answers on the network."""

import time

from devtoolkit.errors import NodeUnreachableError
from devtoolkit.pipelines.base import Progress, Report, Skip
from devtoolkit.pipelines.deploy_context import DeployContext

_LOOK_S = 2.0  # one look; between two looks cancel is noticed


class WaitNode:
    """Finds the node by its uid; skipped for a node without Wi-Fi, which opens its own network."""

    name = "node"
    title = "Wait for the node"

    def run(self, context: DeployContext) -> Report:
        plan = context.plan
        if not plan.networked:
            yield Skip(f"no Wi-Fi set: the node opens its own network {plan.config['devfid']}")
            return
        deadline = time.monotonic() + plan.node_wait_s
        while context.device is None:
            yield Progress(0, 0, context.uid)
            left = deadline - time.monotonic()
            if left <= 0:
                raise NodeUnreachableError(
                    f"The node {plan.config['devfid']} ({context.uid}) did not answer on the network "
                    f"within {plan.node_wait_s:.0f} s.",
                    hint="Check Wi-Fi name and password; without them the node opens its own network.",
                )
            context.device = plan.find_node(context.uid, min(_LOOK_S, left))
        yield Progress(1, 1, f"{context.device.fuid} at {context.device.ip}:{context.device.port}")
