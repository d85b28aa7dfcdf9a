import pytest
from harness.loop import now
from harness.units import MS
from scenarios.topologies import OneSwitch
from tests.wire import wired
pytestmark = pytest.mark.guest
def test_d(stage):
    out=[]
    for _ in range(6):
        t0=now()
        with wired(OneSwitch, stage) as (net, wire):
            t1=now()
            res=[]
            for i in range(6):
                f,at=wire.call("dut","eth0")
                a=wire.arrived(f,"target","target")
                wire.rest(3*MS)
                b=wire.arrived(f,"target","target")
                d=[x.index for x in wire.taps["fabric"].frames() if x.data==f]
                res.append((len(a),len(b),d))
            out.append(((t1-t0)/MS,res))
    assert 0, "\n".join(map(str,out))
