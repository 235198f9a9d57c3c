import Komoku
import KomokuHub
import KomokuWire
import KomokuYAML
import Testing

@testable import KomokuDesk

/// The section `energy` of the configuration.
struct EnergyReadingTests {
    private static let keys = """
        keys:
          meter.in: {type: counter, unit: kWh}
          meter.out: {type: counter, unit: kWh}
          pv.total: {type: counter, unit: MJ}
          gas.total: {type: counter, unit: m³}
          water.total: {type: counter, unit: L}
          house.power: {type: numeric, unit: W}
          tariff.now: {type: numeric}
          hall.light: {type: boolean}

        """

    private func read(_ text: String) -> (EnergySettings, [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(Self.keys + text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return (EnergySettings(), document.diagnostics.all.map(\.description)) }
        let reader = SettingsReader(root, report: report)
        let keys = KeyDirectory(hub: Hub.Configuration(reading: reader), brought: .init())
        let settings = EnergySettings.read(reader, keys: keys)
        reader.finish()
        return (settings, report.diagnostics.sorted.map(\.description))
    }

    @Test func theWholeSectionIsRead() throws {
        let (settings, problems) = read(
            """
            energy:
              currency: EUR
              grid: {in: meter.in, out: {key: meter.out, price: 0.1}}
              solar: [pv.total]
              water: {key: water.total, price: 4.2}
              gas: [{key: gas.total, price: {fixed: 0.11}, factor: 10.55, name: Gas}]
              price: {hours: {"00:00-06:00": 0.21, "22:30-24:00": 0.25, otherwise: 0.33}}
              feed_in: {key: tariff.now}
            """)
        #expect(problems == [])
        #expect(settings.currency == "EUR")
        #expect(settings.meters.map(\.kind) == [.gridIn, .gridOut, .solar, .water, .gas])
        #expect(settings.meters.map(\.key.text) == ["meter.in", "meter.out", "pv.total", "water.total", "gas.total"])
        #expect(settings.meters[4].factor == 10.55 && settings.meters[4].name == "Gas")
        #expect(settings.meters[1].price == .fixed(0.1))
        let hours = HourPrices(
            [.init(from: 0, to: 360, price: 0.21), .init(from: 1350, to: 0, price: 0.25)], otherwise: 0.33)
        #expect(settings.price == .hours(hours))
        #expect([0, 359, 360, 1349, 1350, 1439].map(hours.price) == [0.21, 0.21, 0.33, 0.33, 0.25, 0.25])
        #expect(settings.feedIn == .key(try #require(KeyName("tariff.now"))))
        #expect(read("").0.isEmpty)
    }

    @Test(arguments: [
        (
            "energy: {grid: {in: house.power}}", "10:21: error: 'house.power' is numeric",
            "integrate: {from: house.power"
        ),
        ("energy: {grid: {in: hall.light}}", "10:21: error: 'hall.light' is boolean", "type counter"),
        ("energy: {solar: tariff.now}", "10:17: error: 'tariff.now' is numeric", "type: counter"),
        ("energy: {grid: {in: meter.inn}}", "10:21: error: there is no key 'meter.inn'", "did you mean 'meter.in'?"),
        ("energy: {grid: {in: gas.total}}", "10:21: error: 'gas.total' counts m³", "kWh"),
        ("energy: {water: meter.in}", "10:17: error: 'meter.in' counts kWh", "'unit'"),
        ("energy: {grid: {in: meter.in}, solar: meter.in}", "error: 'meter.in' is named twice", "line 10, column 21"),
        ("energy: {grid: {inn: meter.in}}", "10:17: error:", "did you mean 'in'?"),
        ("energy: {gird: {in: meter.in}}", "10:10: error:", "did you mean 'grid'?"),
        ("energy: {price: {key: meter.in}}", "10:23: error: 'meter.in' is counter", "numeric"),
        ("energy: {price: {fixed: high}}", "10:25: error: 'fixed' expects a price", "0.31"),
        ("energy: {price: {hours: {\"00:00-06:00\": 0.2}}}", "error: 'hours' does not say", "otherwise"),
        ("energy: {price: {hours: {\"0-6\": 0.2, otherwise: 1}}}", "10:26: error:", "00:00-06:00"),
        (
            "energy: {price: {hours: {\"00:00-06:00\": 0.2, \"05:00-07:00\": 0.3, otherwise: 1}}}", "10:47: error:",
            "two prices"
        ),
        ("energy: {price: {}}", "error: 'price' needs one of", "'hours'"),
        ("energy: {devices: [{name: Washer}]}", "error: item 1 of 'devices' needs 'key'", "counter"),
        (
            "energy: {devices: [{key: meter.in, price: 1}]}", "10:43: error: only the grid, water and gas",
            "grid's price"
        ),
        ("energy: {water: [{key: water.total, factor: 2}]}", "10:37: error: only gas has a 'factor'", "leave it out"),
        ("energy: {gas: [{key: gas.total, factor: 0}]}", "10:33: error: 'factor' is more than 0", "10.55"),
        ("energy: {currency: \"a b\"}", "10:20: error:", "without spaces"),
        ("energy: {solar: [\"a b\"]}", "10:18: error:", "name of a key"),
        ("energy: 5", "10:9: error: 'energy' expects a mapping", ""),
    ])
    func aMistakeIsToldWithItsPlaceAndTheRemedy(text: String, place: String, words: String) {
        let (_, problems) = read(text)
        #expect(problems.contains { $0.contains(place) && ($0.contains(words) || words.isEmpty) }, "\(problems)")
    }
}
