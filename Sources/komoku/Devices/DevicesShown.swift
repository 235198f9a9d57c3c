internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// The list of devices as a table that is no wider than the screen.
struct DevicesShown {
    private let devices: [Device]
    private let now: Timestamp

    /// Columns of a name, and of a model, where the screen does not say how many there are.
    private static let widestText = 40
    /// Less of a name or a model says nothing.
    private static let leastText = 10

    init(_ devices: [Device], now: Timestamp) {
        self.devices = devices
        self.now = now
    }

    /// A heading, then a line for each device.
    func lines(on screen: Screen) -> [String] {
        let (names, models) = (devices.map(Self.name), devices.map(Self.model))
        var table = short()
        // Without a screen nothing is left out but what is beyond measure.
        guard let width = screen.columns else {
            return table.lines(
                names: names, models: models, widths: (Self.widestText, Self.widestText), on: screen)
        }
        // Name and model share what the short columns leave; a narrow screen shows fewer columns.
        for title in ["source", "keys", "seen"] where width - table.width < 2 * Self.leastText + 4 {
            table.drop(title)
        }
        for title in ["stale", "online"] where width - table.width < Self.leastText { table.drop(title) }
        let room = max(0, width - table.width - 4)
        let widest = names.map(\.columns).max() ?? 0
        guard room >= 2 * Self.leastText else {
            return table.lines(names: names, models: nil, widths: (max(1, width - table.width), 0), on: screen)
        }
        let widestModel = models.map(\.columns).max() ?? 0
        // The name is what other commands take.
        let name = max(min(widest, room - min(widestModel, Self.leastText)), Self.leastText)
        return table.lines(names: names, models: models, widths: (name, max(room - name, 0)), on: screen)
    }

    /// What fits on any screen.
    private func short() -> ShortColumns {
        var table = ShortColumns()
        table.add("source", devices.map(\.source.printable))
        table.add("online", devices.map(Self.state))
        table.add("seen", devices.map { $0.lastSeen.map { LocalTime.age(of: $0, now: now) } ?? "" })
        table.add("keys", devices.map { String($0.properties.count { $0.isPresent }) }, isRight: true)
        table.add("stale", devices.map { $0.stale == 0 ? "" : String($0.stale) }, isRight: true)
        return table
    }

    /// `yes`, `no`, `asleep` where that is its normal state, `gone`; nothing where nobody knows.
    static func state(of device: Device) -> String {
        guard device.isPresent else { return "gone" }
        guard let isOnline = device.isOnline else { return "" }
        return isOnline ? "yes" : device.sleeps ? "asleep" : "no"
    }

    /// Its id where nothing of the name could be seen.
    static func name(of device: Device) -> String {
        (device.name.allSatisfy(\.isWhitespace) ? device.id : device.name).printable
    }

    static func model(of device: Device) -> String {
        [device.manufacturer, device.model].compactMap(\.self).joined(separator: " ").printable
    }

    /// Device, part, reason; the reason takes what is left.
    static func lines(
        unsupported items: [(device: Device, item: Device.Unsupported)], on screen: Screen
    ) -> [String] {
        var table = TextTable()
        table.add("device", items.map { name(of: $0.device).fitting(28) }, isRight: false)
        table.add("what", items.map { $0.item.what.printable.fitting(28) }, isRight: false)
        table.add("reason", items.map(\.item.reason), isRight: false)
        return table.lines(on: screen)
    }
}

/// The columns that are never cut, beside a name and a model that are.
private struct ShortColumns {
    private var columns: [TextTable.Column] = []

    mutating func add(_ title: String, _ cells: [String], isRight: Bool = false) {
        // A column in which nothing stands only takes room.
        guard cells.contains(where: { !$0.isEmpty }) else { return }
        columns.append(TextTable.Column(title: title, cells: cells, isRight: isRight))
    }

    mutating func drop(_ title: String) { columns.removeAll { $0.title == title } }

    /// With the gaps before them.
    var width: Int {
        columns.reduce(0) { width, column in
            width + 2 + (([column.title] + column.cells).map(\.columns).max() ?? 0)
        }
    }

    func lines(names: [String], models: [String]?, widths: (name: Int, model: Int), on screen: Screen) -> [String] {
        var table = TextTable()
        func fit(_ texts: [String], _ width: Int) -> [String] {
            texts.map { $0.fitting(width, isUnicode: screen.isUnicode) }
        }
        table.add("name", fit(names, widths.name), isRight: false)
        if let models { table.add("model", fit(models, widths.model), isRight: false) }
        for column in columns { table.add(column.title, column.cells, isRight: column.isRight) }
        return table.lines(on: screen)
    }
}

extension Device {
    /// Properties of which nothing was heard for too long.
    var stale: Int { properties.count { $0.isStale && $0.isPresent } }
    var isStale: Bool { stale > 0 || !isPresent }
}
