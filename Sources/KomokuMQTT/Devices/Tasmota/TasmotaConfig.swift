import Komoku

/// What a device says of itself in `tasmota/discovery/<MAC>/config`. Older firmware says less.
struct TasmotaConfig: Hashable {
    enum Output: Hashable {
        case none, relay, light, shutter
    }

    /// What its owner calls it.
    var name: String
    var model: String?
    /// The topic (`%topic%`), the pattern of its topics, and what else the pattern may name.
    var topic: String
    var fullTopic = "%prefix%/%topic%/"
    var hostname = ""
    var identifier = ""
    var prefixes = TasmotaPrefixes()
    var onlineWord = "Online"
    var offlineWord = "Offline"
    /// For off, on, toggle and hold.
    var stateWords = ["OFF", "ON", "TOGGLE", "HOLD"]
    /// One for each `POWER<n>`, from the first.
    var outputs: [Output] = []
    /// 0 none, 1 single, 2 cold and warm, 3 RGB, 4 RGBW, 5 RGBCCT.
    var lightType = 0
    /// Colours and white are one light.
    var isLinked = true
    var switchModes: [Int] = []
    var switchNames: [String?] = []
    var buttons: [Bool] = []
    /// The SetOptions that are on.
    var options: Set<Int> = []
    var isFan = false
    var isTuya = false
    var sleeps = false
    /// By shutter, whether its slats tilt, and how far.
    var tilts: [ClosedRange<Double>?] = []

    /// The most outputs, switches and buttons that are looked at.
    static let maximumCount = 64
    /// The longest name, in bytes.
    static let maximumName = 255
}

extension TasmotaConfig {
    /// A device that has no discovery: what the firmware has as its defaults.
    init(undiscovered topic: String) {
        name = topic
        self.topic = topic
    }

    /// - Throws: a sentence, where it is not to be used.
    init(_ json: JSON, mac: String) throws(TasmotaConfig.Invalid) {
        guard let given = json["mac"]?.string else { throw TasmotaConfig.Invalid("it has no 'mac'") }
        guard Self.plain(given) == Self.plain(mac) else {
            throw TasmotaConfig.Invalid("its mac is '\(given.prefix(40))', and its topic says \(mac)")
        }
        guard let topic = json["t"]?.string, !topic.isEmpty, topic.utf8.count <= Self.maximumName else {
            throw TasmotaConfig.Invalid("it has no topic 't'")
        }
        self.topic = topic
        name = Self.name(json) ?? topic
        model = json["md"]?.string.flatMap(Self.short)
        if let pattern = json["ft"]?.string { fullTopic = pattern }
        guard fullTopic.utf8.count <= Self.maximumName else {
            throw TasmotaConfig.Invalid("its full topic 'ft' is too long")
        }
        hostname = json["hn"]?.string.flatMap(Self.short) ?? ""
        identifier = String(Self.plain(mac).suffix(6))
        prefixes = TasmotaPrefixes(json["tp"]?.array ?? [])
        readWords(json)
        readParts(json)
    }

    private static func name(_ json: JSON) -> String? {
        let candidates = [json["dn"]?.string, json["fn"]?.array?.first?.string, json["hn"]?.string]
        return candidates.lazy.compactMap { $0.flatMap(short) }.first
    }

    /// Nil where it is empty; cut at a character where it is too long.
    static func short(_ text: String) -> String? {
        if text.isEmpty || text.utf8.count <= maximumName { return text.isEmpty ? nil : text }
        var count = 0
        let kept = text.prefix { character in
            count += character.utf8.count
            return count <= maximumName
        }
        return kept.isEmpty ? nil : String(kept)
    }

    private static func plain(_ mac: String) -> String { mac.uppercased().filter { $0 != ":" } }

    private mutating func readWords(_ json: JSON) {
        if let word = json["onln"]?.string.flatMap(Self.short) { onlineWord = word }
        if let word = json["ofln"]?.string.flatMap(Self.short) { offlineWord = word }
        for (index, word) in (json["state"]?.array ?? []).prefix(4).enumerated() {
            if let word = word.string.flatMap(Self.short) { stateWords[index] = word }
        }
    }

    private mutating func readParts(_ json: JSON) {
        outputs = Self.items(json["rl"]).map {
            switch $0.number {
            case 1: .relay
            case 2: .light
            case 3: .shutter
            default: .none
            }
        }
        lightType = Int(exactly: json["lt_st"]?.number ?? 0) ?? 0
        isLinked = json["lk"]?.number != 0
        switchModes = Self.items(json["swc"]).map { Int(exactly: $0.number ?? -1) ?? -1 }
        switchNames = Self.items(json["swn"]).map { $0.string.flatMap(Self.short) }
        buttons = Self.items(json["btn"]).map { $0.number == 1 }
        for member in (json["so"]?.object ?? []).prefix(256) where member.value.number == 1 {
            if let option = Int(member.name) { options.insert(option) }
        }
        isFan = json["if"]?.number == 1
        isTuya = json["ty"]?.number == 1
        sleeps = json["dslp"]?.number == 1
        tilts = Self.items(json["sht"]).map(Self.tilt)
    }

    private static func items(_ json: JSON?) -> [JSON] { Array((json?.array ?? []).prefix(maximumCount)) }

    /// `[min, max, duration]`.
    private static func tilt(_ json: JSON) -> ClosedRange<Double>? {
        let numbers = (json.array ?? []).compactMap(\.number)
        guard numbers.count >= 2, numbers[0] < numbers[1] else { return nil }
        return numbers[0]...numbers[1]
    }
}

extension TasmotaConfig {
    /// Why a message of discovery is not used, as a sentence.
    struct Invalid: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }
}
