import Komoku
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuHub

/// A hub on a file with devices; each restart opens the file anew.
final class DeviceHouse {
    let clock = VirtualClock()
    let log = LogLines()
    var configuration: Hub.Configuration
    private let folder: TemporaryFolder
    private(set) var test: TestHub
    private var feeds: [PropertyID: Feed] = [:]
    var hub: Hub { test.hub }

    init(_ configure: (inout Hub.Configuration) throws -> Void = { _ in }) throws {
        var configuration = Hub.Configuration()
        try configure(&configuration)
        self.configuration = configuration
        folder = try TemporaryFolder()
        test = try Self.hub(folder, configuration, clock, log)
    }

    static func run(
        _ configure: (inout Hub.Configuration) throws -> Void = { _ in }, _ body: (DeviceHouse) async throws -> Void
    ) async throws {
        let house = try DeviceHouse(configure)
        defer {
            house.test.close()
            house.folder.remove()
        }
        try await body(house)
    }

    private static func hub(
        _ folder: TemporaryFolder, _ configuration: Hub.Configuration, _ clock: VirtualClock, _ log: LogLines
    ) throws -> TestHub {
        let file = Store.Configuration(location: .file(folder.path("hub.db")))
        let store = try Store(file, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try TestHub(store: store, configuration: configuration, clock: clock, logger: log.logger)
    }

    func restart(_ configure: (inout Hub.Configuration) throws -> Void = { _ in }) throws {
        try configure(&configuration)
        test.close()
        feeds = [:]
        test = try Self.hub(folder, configuration, clock, log)
    }

    // MARK: Saying

    func apply(_ devices: DeviceDescription...) async { await hub.apply(devices.map { .described($0) }) }

    func remove(_ id: String) async { await hub.apply([.removed(DeviceID(id))]) }

    /// Each property has one feed, as at its source.
    func observe(_ id: String, _ property: String, _ value: JSON) async {
        clock.advance(by: .seconds(1))
        let property = PropertyID(DeviceID(id), property)
        let feed = feeds[property] ?? Feed(property, topic: "t")
        feeds[property] = feed
        switch value {
        case .number(let number): await test.observe(feed, .value(.number(number)))
        case .bool(let flag): await test.observe(feed, .value(.boolean(flag)))
        default: await test.observe(feed, .value(.string(value.string ?? "")))
        }
    }

    // MARK: Asking

    /// The names of the keys of a device's properties, by property.
    func keys(_ id: String) async -> [String: String] {
        let properties = await hub.device(id)?.properties ?? []
        return Dictionary(properties.map { ($0.description.name, $0.key.text) }) { $1 }
    }

    func names() async -> [String] { await hub.keys(matching: .all).map(\.name.text) }

    func former(_ name: String) async -> FormerName? {
        guard let name = KeyName(name) else { return nil }
        return await hub.formerName(name)
    }

    /// The values of a key's history.
    func history(_ key: String) async throws -> [String] {
        try await test.points(key).map { String($0.drop { $0 != ":" }.dropFirst()) }
    }
}

extension DeviceDescription {
    /// - Parameter properties: numeric ones.
    init(_ id: String, _ name: String, _ properties: String...) {
        self.init(id: DeviceID(id), source: "test", name: name)
        self.properties = properties.map { PropertyDescription($0, .numeric) }
    }

    init(_ id: String, _ name: String, with properties: [PropertyDescription]) {
        self.init(id: DeviceID(id), source: "test", name: name)
        self.properties = properties
    }
}
