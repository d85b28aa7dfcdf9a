"""Figures of a run from its probes: outages, their sum, and losses; and events of switches."""

from __future__ import annotations

from dataclasses import dataclass

from harness.history import History
from harness.judge import frames_seen, measure, observations, outages, traffic
from harness.judge.figure import Share, Truth, noting
from harness.judge.frames_seen import Move
from harness.judge.observations import ObservationKind
from harness.judge.outages import Outage
from harness.judge.reads import keeping_reads
from harness.judge.views import View
from harness.units import Measured


@keeping_reads
@dataclass(frozen=True, slots=True, eq=False)
class TrafficView(View):
    """The figures of traffic and of switches: of the whole path, whichever bonds it crosses."""

    @property
    def outage(self) -> Measured:
        """From the last good probe before to the first good one after, the worse direction."""
        return self.caused(outages.outage(self._traffic))

    @property
    def outage_out(self) -> Measured:
        """The outage of frames from the DUT."""
        return self.caused(outages.outage(self._traffic, "out"))

    @property
    def outage_in(self) -> Measured:
        """The outage of frames to the DUT."""
        return self.caused(outages.outage(self._traffic, "in"))

    @property
    def outages(self) -> list[Outage]:
        """Each outage in either direction: start, length and direction.

        A silence within its tolerance, such as a lost frame or two, is no outage.
        """
        return [self._owned(outage) for outage in outages.outages(self._traffic)]

    @property
    def dark(self) -> Measured:
        """The sum of all outages, in either direction."""
        return self.caused(outages.dark(self._traffic))

    @property
    def dark_out(self) -> Measured:
        """The sum of all outages of frames from the DUT."""
        return self.caused(outages.dark(self._traffic, "out"))

    @property
    def dark_in(self) -> Measured:
        """The sum of all outages of frames to the DUT."""
        return self.caused(outages.dark(self._traffic, "in"))

    def _owned(self, outage: Outage) -> Outage:
        limits = self._record.limits
        start, length = noting(outage.start, self, limits), noting(outage.length, self, limits)
        return Outage(start, length, outage.direction)

    @property
    def recovered(self) -> Truth:
        """Whether both directions worked steadily at the end."""
        holds = traffic.recovered(self._traffic)
        return Truth(holds, f"traffic {'both ways again' if holds else 'dark'} at the end")

    @property
    def _counted(self) -> History:
        observations.note(ObservationKind.COUNT)
        return self._traffic

    def _share(self, way: str) -> Share:
        observations.note(ObservationKind.SHARE)
        return Share.of(*traffic.lost(self._traffic, way), way)

    @property
    def sent(self) -> int:
        """Probes of both streams that were sent since the disturbance."""
        return traffic.sent(self._counted)

    @property
    def loss(self) -> Share:
        """The share of frames that were lost since the disturbance, in the worse direction."""
        return max(self.loss_out, self.loss_in)

    @property
    def loss_out(self) -> Share:
        """The share of frames from the DUT, requests and replies, that were lost."""
        return self._share("out")

    @property
    def loss_in(self) -> Share:
        """The share of frames to the DUT, requests and replies, that were lost."""
        return self._share("in")

    @property
    def lost(self) -> int:
        """Probes of both streams that were not answered."""
        return self.lost_requests + self.lost_replies

    @property
    def lost_requests(self) -> int:
        """Probes of both streams that never reached the far end."""
        return traffic.lost_requests(self._counted)

    @property
    def lost_replies(self) -> int:
        """Probes of both streams that arrived, but whose answer did not."""
        return traffic.lost_replies(self._counted)

    @property
    def duplicates(self) -> int:
        """Extra copies of requests and replies that were delivered."""
        return traffic.duplicates(self._counted)

    @property
    def reordered(self) -> int:
        """Requests and replies that arrived after one sent later."""
        return traffic.reordered(self._counted)

    @property
    def fdb_moves(self) -> list[Move]:
        """Each time that a switch found an address behind another port than before."""
        return frames_seen.fdb_moves(self.history)

    def moves_of(self, mac: str) -> list[Move]:
        """Each time that a switch found one address behind another port than before."""
        return [move for move in self.fdb_moves if move.mac == mac]

    @property
    def reactions(self) -> list[str]:
        """What switches did by themselves, in order, as "shut_port eth1"."""
        return measure.reactions(self.history)
