import pytest

from callguard_sip.upstream import PRESETS, BlockBy, Preset, Treatment, Wishes, treatment, with_tone


@pytest.mark.parametrize(
    ("preset", "block", "code", "allow", "hold"),
    [
        (Preset.PLAIN, BlockBy.DECLINE, 603, 480, 0),
        (Preset.FRITZBOX, BlockBy.ANSWER, 603, 480, 3),
        (Preset.ASTERISK, BlockBy.ANSWER, 603, 480, 0),
        (Preset.FREESWITCH, BlockBy.ANSWER, 603, 480, 0),
        (Preset.KAMAILIO, BlockBy.DECLINE, 607, 480, 0),
    ],
)
def test_each_upstream_gets_what_works_there(
    preset: Preset, block: BlockBy, code: int, allow: int, hold: int
) -> None:
    wanted = PRESETS[preset]
    assert (wanted.block, wanted.code, wanted.allow, wanted.hold) == (block, code, allow, hold)
    assert wanted.announcement == "tone"


def test_every_preset_has_a_treatment() -> None:
    assert set(PRESETS) == set(Preset)


def test_each_wish_overrides_the_preset_and_the_rest_stays() -> None:
    assert treatment(Preset.FRITZBOX, Wishes(hold=0.0, code=607)) == Treatment(
        block=BlockBy.ANSWER, code=607, hold=0.0
    )


def test_without_the_announcement_the_tone_is_the_nearest_thing() -> None:
    wanted = Treatment(block=BlockBy.ANSWER, announcement="/gone.wav", seconds=9)
    nearest, said = with_tone(wanted, "/gone.wav is missing")
    assert nearest == Treatment(block=BlockBy.ANSWER, seconds=9)
    assert said == "/gone.wav is missing; blocked callers hear a tone instead"
