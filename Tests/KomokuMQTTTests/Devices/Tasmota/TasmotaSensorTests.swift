import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

struct TasmotaSensorTests {
    @Test(arguments: [
        ("AM2301.Temperature", "°C"), ("AM2301.DewPoint", "°C"), ("BME280.SeaPressure", "hPa"),
        ("TX23.Speed.Avg", "km/h"),
        ("ENERGY.Power.2", "W"), ("ENERGY.ReactivePower", "VAr"), ("ENERGY.Total.1", "kWh"), ("ENERGY.Factor", nil),
        ("ENERGY.Period", "Wh"), ("PMS5003.PM2.5", "µg/m³"), ("PMS5003.PM10", "µg/m³"), ("MHZ19B.CarbonDioxide", "ppm"),
        ("ANALOG.Temperature2", "°C"), ("ANALOG.A0", nil), ("COUNTER.C1", nil), ("GAS.Total", nil),
        ("SR04.Distance", "cm"),
        ("HX711.Weight", "kg"), ("SGP30.eCO2", "ppm"), ("TX23.Dir.Deg", nil),
    ])
    func `units stand beside the values or follow from the names`(_ path: String, _ unit: String?) {
        var units = TasmotaUnits()
        units.read(["SpeedUnit": "km/h"])
        #expect(units.unit(path) == unit)
    }

    @Test func `a sensor that discovery did not name is learnt`() {
        let home = TasmotaReplay()
        home.discover("lamp")
        home.send(
            "tele/lamp/SENSOR",
            #"{"Time":"x","SHT3X":{"Temperature":21,"Humidity":null},"Odd":{"Text":"up","Flag":true},"Switch2":"ON","TempUnit":"F"}"#
        )
        #expect(home.value("SHT3X.Temperature") == .number(21))
        #expect(home.property("SHT3X.Temperature")?.unit == "°F")
        #expect(home.value("Odd.Text") == .string("up"))
        #expect(home.value("Odd.Flag") == .boolean(true))
        #expect(home.value("Switch2") == .boolean(true))
        #expect(home.names() == ["online", "SHT3X.Temperature", "Odd.Text", "Odd.Flag", "Switch2"])
        let again = TasmotaReplay(restarting: home.replay)
        #expect(again.replay.devices == home.replay.devices)
    }

    @Test func `what is no value changes nothing`() {
        let home = TasmotaReplay()
        home.discover("lamp")
        home.sensors(#"{"DS18B20":{"Id":"0011","Temperature":20.5},"TempUnit":"C"}"#)
        home.send("tele/lamp/SENSOR", #"{"Time":"x","DS18B20":{"Id":"0011","Temperature":19.5},"TempUnit":"C"}"#)
        for value in ["null", "nan", "-NaN", "Infinity", "\"nan\"", "\"\"", "\"unavailable\""] {
            home.send("tele/lamp/SENSOR", "{\"DS18B20\":{\"Temperature\":\(value)},\"TempUnit\":\"C\"}")
        }
        #expect(home.replay.letters.isEmpty)
        for payload in [#"{"DS18B20":{"Temperature":"#, "[", "\u{1}"] {
            home.send("tele/lamp/SENSOR", payload)
        }
        home.send("tele/lamp/SENSOR", #"{"DS18B20":{"Temperature":[1,2]},"TempUnit":"C"}"#)
        #expect(home.value("DS18B20.Temperature") == .number(19.5))
        #expect(home.value("DS18B20.Id") == .string("0011"))
        #expect(home.replay.letters.count == 4)
    }

    @Test func `a value never gets the unit of the message before`() {
        let home = TasmotaReplay()
        home.discover("lamp")
        home.sensors(#"{"BME280":{"Temperature":20,"Pressure":1000},"TempUnit":"C","PressureUnit":"hPa"}"#)
        home.send(
            "tele/lamp/SENSOR", #"{"BME280":{"Temperature":68,"Pressure":750},"PressureUnit":"mmHg","TempUnit":"F"}"#)
        #expect(home.property("BME280.Temperature")?.unit == "°F")
        #expect(home.property("BME280.Pressure")?.unit == "mmHg")
        #expect(home.value("BME280.Temperature") == .number(68))
        home.send("stat/lamp/STATUS10", #"{"StatusSNS":{"BME280":{"Temperature":20},"TempUnit":"C"}}"#)
        #expect(home.property("BME280.Temperature")?.unit == "°C")
        #expect(home.property("BME280.Pressure")?.unit == "mmHg")
    }

    @Test(arguments: ["STATUS10", "STATUS8"])
    func `an answer about sensors is read and learnt from`(_ topic: String) {
        let home = TasmotaReplay()
        home.discover("lamp")
        home.send("stat/lamp/\(topic)", #"{"StatusSNS":{"Time":"x","ENERGY":{"Power":[1,2],"Voltage":230}}}"#)
        #expect(home.value("ENERGY.Power.2") == .number(2))
        home.send("tele/lamp/SENSOR", #"{"Time":"x","ENERGY":{"Power":[1,3],"Voltage":230}}"#)
        #expect(home.value("ENERGY.Power.2") == .number(3))
    }

    @Test func `the telemetry's period tells when a value is stale`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1]"#)
        home.sensors(#"{"AM2301":{"Temperature":20}}"#)
        for time in [0, 12, 300, 600] { home.send("tele/lamp/STATE", at: Double(time), #"{"Time":"x"}"#) }
        #expect(home.property("AM2301.Temperature")?.expectEvery == nil)
        home.send("tele/lamp/STATE", at: 900.2, #"{"Time":"x"}"#)
        #expect(home.property("AM2301.Temperature")?.expectEvery == .seconds(750))
        #expect(home.property("Wifi.RSSI")?.expectEvery == .seconds(750))
        #expect(home.property("POWER")?.expectEvery == nil)
        #expect(home.property("online")?.expectEvery == nil)
        let again = TasmotaReplay(restarting: home.replay)
        #expect(again.property("AM2301.Temperature")?.expectEvery == .seconds(750))
        for time in [910, 920, 930] { home.send("tele/lamp/STATE", at: Double(time), #"{"Time":"x"}"#) }
        #expect(home.property("Wifi.RSSI")?.expectEvery == .seconds(750), "changes of state are no telemetry")
        for time in [1530, 2130] { home.send("tele/lamp/STATE", at: Double(time), #"{"Time":"x"}"#) }
        #expect(home.property("Wifi.RSSI")?.expectEvery == .seconds(1500))
    }

    @Test func `a device has no more than so many properties`() {
        let home = TasmotaReplay()
        home.discover("lamp")
        let body = (0..<3000).map { "\"S\($0)\":{\"Temperature\":\($0)}" }.joined(separator: ",")
        home.sensors("{\(body)}")
        for number in 0..<30 {
            let more = (0..<100).map { "\"N\(number)-\($0)\":{\"Temperature\":1}" }.joined(separator: ",")
            home.send("tele/lamp/SENSOR", "{\(more)}")
        }
        #expect(home.names().count <= 512)
        #expect(home.replay.devices.values.first?.unsupported.isEmpty == false)
    }
}
