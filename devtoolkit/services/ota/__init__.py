"""Updates over the air: plan, stage, commit, follow the trial, report; one node or many."""
