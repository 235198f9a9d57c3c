/** @type {import('../base/words.js').Table} */
export default {
  'device.unnamed': 'Gerät ohne Namen',
  'prop.fan_state': 'Lüfter',
  'prop.temperature': 'Temperatur', 'prop.humidity': 'Luftfeuchte', 'prop.occupancy': 'Bewegung', 'prop.motion': 'Bewegung', 'prop.presence': 'Anwesenheit', 'prop.contact': 'Kontakt', 'prop.illuminance': 'Helligkeit',
  'prop.battery': 'Batterie', 'prop.low_battery': 'Batterie', 'prop.voltage': 'Spannung', 'prop.linkquality': 'Empfang', 'prop.online': 'Verbindung', 'prop.brightness': 'Helligkeit', 'prop.color_temp': 'Weißton', 'prop.color': 'Farbe', 'prop.hue': 'Farbe',
  'prop.x': 'Farbe', 'prop.position': 'Stellung', 'prop.tilt': 'Neigung', 'prop.setpoint': 'Soll', 'prop.target': 'Soll', 'prop.system_mode': 'Betriebsart', 'prop.mode': 'Betriebsart', 'prop.preset': 'Programm', 'prop.running_state': 'Heizt gerade',
  'prop.pi_heating_demand': 'Wärmebedarf', 'prop.child_lock': 'Kindersicherung', 'prop.action': 'Zuletzt gedrückt', 'prop.energy': 'Energie', 'prop.power': 'Leistung', 'prop.current': 'Strom', 'prop.effect': 'Effekt', 'prop.moisture': 'Wasser', 'prop.smoke': 'Rauch',
  'prop.percentage': 'Stufe', 'prop.fan_speed': 'Stufe', 'prop.fan_mode': 'Stufe', 'prop.co2': 'CO₂', 'prop.pressure': 'Luftdruck', 'prop.window': 'Fenster', 'prop.opening': 'Öffnung', 'prop.lock_state': 'Schloss', 'prop.total': 'Gesamt', 'prop.today': 'Heute',
  'prop.yesterday': 'Gestern', 'prop.power_on_behavior': 'Nach Stromausfall', 'prop.power_outage_memory': 'Nach Stromausfall', 'prop.color_temp_startup': 'Weißton beim Einschalten', 'prop.rssi': 'Empfang', 'prop.vibration': 'Erschütterung', 'prop.tamper': 'Manipulation',
  'prop.permit_join': 'Anlernen', 'prop.restart_required': 'Neustart nötig', 'prop.version': 'Version', 'prop.dew_point': 'Taupunkt', 'prop.white': 'Weiß',
  'side.left': 'Links', 'side.right': 'Rechts', 'side.center': 'Mitte', 'side.top': 'Oben', 'side.bottom': 'Unten',
  'helper.ends': '{name}: Ende', 'word.running': 'läuft', 'word.paused': 'pausiert', 'word.finished': 'fertig', 'word.home': 'zu Hause', 'word.away': 'weg', 'word.open': 'offen', 'word.close': 'zu', 'word.closed': 'zu', 'word.stop': 'angehalten', 'word.on': 'an', 'word.off': 'aus', 'word.heat': 'heizen', 'word.cool': 'kühlen', 'word.auto': 'auto', 'word.idle': 'ruht',
  'word.single': 'einmal gedrückt', 'word.double': 'zweimal gedrückt', 'word.hold': 'gehalten', 'word.release': 'losgelassen', 'word.unlock': 'offen', 'word.lock': 'gesperrt',
}
