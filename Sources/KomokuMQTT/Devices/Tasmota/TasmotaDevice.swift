import Komoku
import KomokuHub

/// A device as its discovery and its messages have told it so far. Belongs to the Inbox's thread.
final class TasmotaDevice {
    let id: DeviceID
    /// False for one that speaks and was never discovered.
    var isDiscovered = true
    /// Nil where only its sensors, or what was learnt, are known yet.
    private(set) var config: TasmotaConfig?
    private(set) var topics: TasmotaTopics?
    /// What discovery says that its sensors have.
    private(set) var promised: [TasmotaLeaf] = []
    /// Until the configuration tells the device's words.
    private var promisedBody: JSON?
    private(set) var units = TasmotaUnits()
    var learnt = TasmotaLearnt()
    var children: [TasmotaChild] = []

    private(set) var words = TasmotaWords(TasmotaConfig(undiscovered: ""))
    private(set) var fields: [TasmotaField] = []
    /// As it was described last.
    var described: DeviceDescription?
    /// As it was configured then: topics, words and commands follow from it.
    var describedConfig: TasmotaConfig?
    var childrenTopic: String?
    var wasRemembered = false
    private var hasTooMany = false

    var isOnline: Bool?
    var lastHeard: Timestamp?
    /// It was asked for its state since the connection stands.
    var wasAsked = false
    /// The last code that a bridge heard, as a hash of its message: the same message again is a repeat.
    var lastCode: Int?

    /// The most properties of a device.
    static let maximumProperties = 512

    init(id: DeviceID) {
        self.id = id
    }

    func configure(_ config: TasmotaConfig, _ topics: TasmotaTopics) {
        self.config = config
        self.topics = topics
        words = TasmotaWords(config)
        if let body = promisedBody {
            promised = TasmotaLeaf.all(of: body, words: words)
            promisedBody = nil
        }
        rebuild()
    }

    /// - Parameter body: as a SENSOR message has it; nil where discovery takes it back.
    func promise(_ body: JSON?) {
        if let body { units.read(body) }
        promised = body.map { TasmotaLeaf.all(of: $0, words: words) } ?? []
        promisedBody = config == nil ? body : nil
        rebuild()
    }

    /// - Returns: whether a message says other units than before.
    func readUnits(_ body: JSON) -> Bool {
        let before = units
        units.read(body)
        guard units != before else { return false }
        rebuild()
        return true
    }

    func restore(_ learnt: TasmotaLearnt, units: TasmotaUnits) {
        self.learnt = learnt
        if !self.units.isStated { self.units = units }
        rebuild()
    }

    // MARK: Fields

    /// After anything that fields follow from has changed.
    func rebuild() {
        guard let config, let topics else { return }
        let maker = TasmotaFields(config, topics)
        let leaves = maker.switches + promised + learnt.leaves
        let shutters = maker.shutters.union(leaves.compactMap { TasmotaFields.shutter($0.path) })
        fields = (maker.keys + learnt.keys).map(maker.field(key:))
        fields += shutters.sorted().flatMap(maker.fields(shutter:))
        fields += maker.fields(leaves.filter { TasmotaFields.shutter($0.path) == nil }, state: learnt.state, units)
        fields += maker.actions + learnt.actions.map(maker.action) + learnt.codes.map(maker.code) + maker.diagnostics
        keepFirst()
    }

    /// Of fields with one name the first counts.
    private func keepFirst() {
        var names: Set<PropertyID> = [PropertyID(id, PropertyDescription.online.name)]
        fields = fields.filter { names.insert(PropertyID(id, $0.property.name)).inserted }
        hasTooMany = fields.count >= Self.maximumProperties
        if hasTooMany { fields.removeSubrange((Self.maximumProperties - 1)...) }
    }

    // MARK: What others are told

    var description: DeviceDescription {
        var description = DeviceDescription(id: id, source: TasmotaSource.word, name: config?.name ?? id.text)
        description.manufacturer = "Tasmota"
        description.model = config?.model
        description.sleeps = config?.sleeps ?? false
        let expectEvery = learnt.rhythm.expectEvery
        description.properties =
            [.online]
            + fields.map { field in
                var property = field.property
                if field.isTelemetry { property.expectEvery = expectEvery }
                return property
            }
        if hasTooMany {
            let reason = "more than \(Self.maximumProperties) properties"
            description.unsupported = [DeviceDescription.Unsupported(what: "sensors", reason: reason)]
        }
        return description
    }

    var commands: [String: DeviceCommand] {
        let pairs = fields.compactMap { field in field.command.map { (field.property.name, $0) } }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    func property(_ name: String) -> PropertyID { PropertyID(id, name) }
}
