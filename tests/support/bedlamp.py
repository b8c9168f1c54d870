"""Settings of a lamp as `dump` of an older system shows them: the example of the original's documentation."""

DUMP = """\
  staessid  :        micrOS-virtual
  devip     :        10.0.1.204
  version   :        1.11.0-1
  devfid    :        BedLamp
  cron      :        True
  cronseq   :        3000
  soctout   :        10
  irq2_cbf  :        n/a
  stapwd    :        virtual-wifi
  dbg       :        False
  irq2      :        False
  irq1      :        False
  irq1_cbf  :        n/a
  appwd     :        ADmin123
  irq2_trig :        n/a
  hwuid     :        micr7c9ebd623ff8OS
  crontasks :        sunset!cct toggle True;*:0:30:0!cct toggle False;*:5:0:0!cct toggle False
  timirq    :        True
  irq3      :        False
  irq3_cbf  :        n/a
  irq4      :        False
  irq4_cbf  :        n/a
  irq4_trig :        n/a
  nwmd      :        STA
  timirqcbf :        system ha_sta
  irq_prell_ms:      300
  boothook  :        cct load_n_init
  aioqueue  :        3
  auth      :        False
  timirqseq :        60000
  utc       :        60
  boostmd   :        True
  socport   :        9008
  irq3_trig :        n/a
  irq1_trig :        n/a
  guimeta   :        ...
  cstmpmap  :        n/a
"""
# As a configuration file may hold them: all as texts, or with their types.
TEXTS = {key.strip(): value.strip() for key, value in (line.split(":", 1) for line in DUMP.splitlines())}
_FLAGS = {"True": True, "False": False}
VALUES: dict[str, object] = {
    key: _FLAGS.get(text, int(text) if text.isdigit() else text) for key, text in TEXTS.items()
}
