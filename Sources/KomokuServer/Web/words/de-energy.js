/** @type {import('../base/words.js').Table} */
export default {
  'energy.today': 'Heute', 'energy.used': 'Verbraucht', 'energy.grid_in': 'Aus dem Netz', 'energy.grid_out': 'Eingespeist',
    'energy.solar': 'Solar',
  'energy.battery_in': 'In die Batterie', 'energy.battery_out': 'Aus der Batterie', 'energy.own': 'Selbst versorgt',
    'energy.cost': 'Kosten', 'energy.earned': 'Verdient',
  'energy.period': 'Zeitraum', 'energy.by_hour': 'Stunden', 'energy.by_day': 'Tage', 'energy.by_week': 'Wochen',
    'energy.by_month': 'Monate', 'energy.by_year': 'Jahre',
  'energy.hour': 'Stunde', 'energy.missing': '* Für einen Teil war nichts bekannt; was inzwischen gezählt wurde, steht beim nächsten.',
    'energy.day': 'Tag', 'energy.week': 'Woche', 'energy.month': 'Monat', 'energy.year': 'Jahr', 'energy.back': 'Die Zeit davor',
    'energy.on': 'Die Zeit danach', 'energy.now': 'Jetzt',
  'energy.compare': 'Mit der Zeit davor vergleichen', 'energy.before': 'Davor', 'energy.nothing': 'nichts bekannt',
    'energy.electricity': 'Strom', 'energy.table': 'Dasselbe als Tabelle',
  'energy.total': 'Summe', 'energy.together': 'zusammen', 'energy.devices': 'Wohin er ging', 'energy.unaccounted': 'Nicht zugeordnet',
  'energy.hidden': 'Es gibt keine Zähler, die du sehen darfst.', 'energy.empty': 'Die Zentrale weiß noch nicht, welche Schlüssel Zähler sind. Schreibe in ihre Konfiguration, welcher was zählt; die Schlüssel heißen wie bei dir:',
  'energy.then': 'Danach muss die Zentrale ihre Konfiguration neu lesen (System, Konfiguration). Was die Zähler bisher gezählt haben, ist sofort da.',
  'energy.copy': 'Kopieren', 'energy.copied': 'Kopiert.',
    'energy.not_copied': 'Dieser Browser lässt die Seite nicht kopieren: Markiere den Text stattdessen.',
}
