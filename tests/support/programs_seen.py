"""Programs that were recorded, forgotten: the next ones are traced and planned anew."""

from jitgrad.tape.segment import NOTHING, ROOT


def forget_programs():
    ROOT.next.clear()
    ROOT.plans.clear()
    ROOT.then = NOTHING
