"""All jobs of the window: which run, which are shown, and that no two work on the same thing."""

from devtoolkit.gui.job import Job
from devtoolkit.gui.qt import QObject, pyqtSignal


class Jobs(QObject):
    """All jobs of the window."""

    added = pyqtSignal(object)
    ended = pyqtSignal(object)
    refused = pyqtSignal(str)
    asked = pyqtSignal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Job] = []

    @property
    def running(self) -> list[Job]:
        return [job for job in self.all if job.state == "running"]

    @property
    def visible(self) -> list[Job]:
        """Those running that the user started and would miss."""
        return [job for job in self.running if not job.quiet]

    def start(self, job: Job) -> bool:
        """Start a job whose signals are connected; refused while another one works on the same thing."""
        other = next((one for one in self.running if job.key and one.key == job.key), None)
        if other is not None:
            self.refused.emit(other.title)
            return False
        self.all.append(job)
        job.ended.connect(self._ended)
        job.asked.connect(lambda name, job=job: self.asked.emit(job, name))
        if not job.quiet:
            self.added.emit(job)
        job.start()
        return True

    def forget(self, job: Job) -> None:
        """Drop an ended job."""
        if job in self.all and job.state != "running":
            self.all.remove(job)

    def stop_all(self) -> None:
        for job in self.running:
            job.stop()

    def _ended(self, job: Job) -> None:
        self.ended.emit(job)
        if job.quiet:
            self.forget(job)
