internal import Komoku
internal import KomokuHub

/// What one topic's messages become: worked out once, kept in the topic cache. Belongs to the Inbox's thread.
final class TopicPlan {
    struct BoundField {
        let feed: Feed
        let decoder: Decoder
        let isEvent: Bool
        /// The field's path, for a person.
        let path: String
        /// The index among the scanner's paths.
        var leaf = 0
        /// Nil is dated by the arrival.
        var time: BoundTime?
    }

    struct Misfit {
        let field: BoundField
        let input: DeviceInput
        let reason: String
    }

    enum Decoder {
        /// Boxed: most plans are of devices, and theirs are smaller.
        indirect case mapping(FieldDecoder)
        case device(DeviceDecoder)
        /// A leaf that is looked at and makes no value.
        case none
    }

    /// Makes fields of JSON paths as they come.
    struct OtherFields {
        let field: Mapping.Field
        let captured: [String]
        let time: BoundTime?
        var known: [[UInt8]: BoundField?] = [:]
    }

    let topic: String
    var payloadFields: [BoundField] = []
    var jsonFields: [BoundField] = []
    var others: [OtherFields] = []
    var scanner: SharedScanner?
    /// The feed of `…/set`.
    var command: Feed?
    /// What sources of devices say of the topic.
    var device: DeviceTopic?
    /// Rules want each message as it comes.
    var isRaw = false
    /// Sources see each message before its values are read.
    var wantsSources = false
    /// Where the scanner finds the stamp of the device's messages.
    var stamp: Int?
    /// When messages say that they were measured.
    var times: [BoundTime] = []
    /// That of the device's messages.
    var deviceTime: BoundTime?
    /// Leaves that the learning source does not want.
    var declined: Set<[UInt8]> = []
    /// Whether the message that is being read was scanned already, and what was wrong with it.
    private var isScanned = false
    private var fault: JSON.Invalid?
    /// Values of the message that was read last that do not fit a guessed type.
    var misfits: [Misfit] = []
    /// Why a mapping that matches cannot be used for this topic.
    var faults: [String] = []

    /// The longest payload that is looked at.
    static let maximumPayload = 1 << 20
    /// The most different paths of one topic that become keys by a mapping for all fields.
    static let maximumPaths = 1024

    init(topic: String) {
        self.topic = topic
    }

    /// Prepares for JSON payloads, once all fields are there. Two mappings may want one path.
    func finish(_ scanners: inout SharedScanners) {
        guard !jsonFields.isEmpty || !others.isEmpty || device?.learner != nil else { return }
        var paths: [[UInt8]] = []
        var leaves: [[UInt8]: Int] = [:]
        for index in jsonFields.indices {
            let path = Array(jsonFields[index].path.utf8)
            let leaf = leaves[path] ?? paths.count
            jsonFields[index].leaf = leaf
            guard leaf == paths.count else { continue }
            leaves[path] = leaf
            paths.append(path)
        }
        scanner = scanners.scanner(paths: paths, wantsAll: !others.isEmpty || device?.learner != nil)
    }

    var isEmpty: Bool {
        payloadFields.isEmpty && jsonFields.isEmpty && others.isEmpty && command == nil && faults.isEmpty
            && device == nil && !isRaw
    }
}

// MARK: - Messages

extension TopicPlan {
    /// One message of the topic, valid during the call.
    struct Message {
        let payload: UnsafeBufferPointer<UInt8>
        let isRetained: Bool
        /// For dead letters.
        let time: Timestamp
        /// It waited for a discovery, and is read for its values once more.
        var isRepeated = false

        var provenance: Provenance { isRetained ? .retained : .live }
    }

    func read(_ message: Message, into intake: inout Intake) {
        readValues(message, into: &intake)
        // Behind its values, so that a rule sees them.
        if isRaw, !message.isRepeated { handOver(message, into: &intake) }
    }

    private func readValues(_ message: Message, into intake: inout Intake) {
        if message.payload.isEmpty, command == nil { return }  // how a retained message is deleted
        guard readsPayload else { return }
        guard message.payload.count <= Self.maximumPayload else {
            return intake.refuse(message.payload, of: topic, "the payload is longer than 1 MiB", at: message.time)
        }
        intake.startMessage()
        for fault in faults { intake.refuse(message.payload, of: topic, fault, at: message.time) }
        if !payloadFields.isEmpty || command != nil { readText(message, into: &intake) }
        if scanner != nil { readJSON(message, into: &intake) }
    }

    /// Discovery may be longer than what is read here; its source has it already.
    private var readsPayload: Bool {
        scanner != nil || !payloadFields.isEmpty || command != nil || !faults.isEmpty
    }

    /// Scans a message, once.
    func scan(_ payload: UnsafeBufferPointer<UInt8>) -> JSON.Invalid? {
        if isScanned { return fault }
        isScanned = true
        fault = nil
        do throws(JSON.Invalid) {
            try scanner?.scanner.scan(payload)
        } catch {
            fault = error
        }
        return fault
    }

    /// The message is read, or another plan reads it.
    func forgetScan() {
        isScanned = false
        scanner?.scanner.clear()
    }

    private func readText(_ message: Message, into intake: inout Intake) {
        guard let text = String(validating: message.payload, as: UTF8.self) else {
            return intake.refuse(message.payload, of: topic, "the payload is not UTF-8", at: message.time)
        }
        if !times.isEmpty { readTimes(message, text: text, into: &intake) }
        for field in payloadFields { take(.text(text), for: field, message, into: &intake) }
        // A replayed command would be carried out again at each start.
        if let command, !message.isRetained {
            intake.observations.append(Observation(feed: command, content: Self.command(text)))
        }
    }

    /// A text in quotes is meant exactly; anything else is read as a device's payload is.
    private static func command(_ text: String) -> Observation.Content {
        if text.utf8.first == UInt8(ascii: "\""), let string = try? JSON(parsing: text).string {
            return .value(.string(string))
        }
        return .text(text)
    }

    private func readJSON(_ message: Message, into intake: inout Intake) {
        defer { forgetScan() }
        if let fault = scan(message.payload) {
            let reason = "the payload is not JSON: \(fault.reason)"
            return intake.refuse(message.payload, of: topic, reason, at: message.time)
        }
        guard let scanner = scanner?.scanner else { return }
        if !times.isEmpty { readTimes(message, leaves: scanner.leaves, into: &intake) }
        if isNews(message) {
            for field in jsonFields { take(scanner.leaves[field.leaf], for: field, message, into: &intake) }
        }
        for other in scanner.others { take(other.path, other.leaf, message, into: &intake) }
        if scanner.isCut {
            let reason =
                "more than \(FieldScanner.maximumFields) fields, or one with more than \(FieldScanner.maximumPath) bytes"
            intake.refuse(message.payload, of: topic, reason, at: message.time)
        }
    }

    private func take(
        _ path: [UInt8], _ leaf: FieldScanner.Leaf, _ message: Message, into intake: inout Intake
    ) {
        for index in others.indices {
            if let known = others[index].known[path] {
                if let known { take(leaf, for: known, message, into: &intake) }
                continue
            }
            guard others[index].known.count < Self.maximumPaths else {
                let reason = "more than \(Self.maximumPaths) different fields in one topic"
                intake.refuse(message.payload, of: topic, reason, at: message.time)
                return
            }
            let field = bind(path, others[index], message, into: &intake)
            others[index].known[path] = .some(field)
            if let field { take(leaf, for: field, message, into: &intake) }
        }
    }

    private func bind(
        _ path: [UInt8], _ other: OtherFields, _ message: Message, into intake: inout Intake
    ) -> BoundField? {
        let text = String(decoding: path, as: UTF8.self)
        let levels = text.split(separator: ".").joined(separator: "/")
        guard let key = try? other.field.key.name(for: other.captured + [levels]) else {
            intake.refuse(
                message.payload, of: topic, "the field '\(text.prefix(80))' makes no key name", at: message.time)
            return nil
        }
        return BoundField(other.field, key: key, time: other.time, topic: topic, path: text)
    }

    private func take(
        _ leaf: FieldScanner.Leaf, for field: BoundField, _ message: Message, into intake: inout Intake
    ) {
        switch leaf {
        case .absent: break
        case .null:
            if case .device(let decoder) = field.decoder, !field.isEvent {
                take(decoder.outcomeOfNull, for: field, message, into: &intake)
            }
        case .bool(let bool): take(FieldDecoder.Input.bool(bool), for: field, message, into: &intake)
        case .number(let number): take(FieldDecoder.Input.number(number), for: field, message, into: &intake)
        case .text(let range, let isEscaped):
            guard let text = FieldScanner.text(range, isEscaped: isEscaped, of: message.payload) else {
                return refuse(field, "no valid text", message, into: &intake)
            }
            take(FieldDecoder.Input.text(text), for: field, message, into: &intake)
        case .composite(let range): take(composite: range, for: field, message, into: &intake)
        }
    }

    private func take(
        _ input: FieldDecoder.Input, for field: BoundField, _ message: Message, into intake: inout Intake
    ) {
        // A replayed press is no press.
        if field.isEvent, message.isRetained { return }
        switch field.decoder {
        case .none: break
        case .device(let decoder): take(DeviceInput(input), decoder, for: field, message, into: &intake)
        case .mapping(let decoder):
            switch decoder.decode(input) {
            case .content(let content):
                intake.observations.append(
                    Observation(
                        feed: field.feed, content: content, time: field.time?.current, provenance: message.provenance))
            case .nothing: break
            case .refused(let reason): refuse(field, reason, message, into: &intake)
            }
        }
    }

    private func take(
        composite range: Range<Int>, for field: BoundField, _ message: Message, into intake: inout Intake
    ) {
        switch field.decoder {
        case .none: break
        case .mapping: refuse(field, "an object or a list", message, into: &intake)
        case .device(let decoder):
            if field.isEvent, message.isRetained { return }
            guard let text = String(validating: message.payload[range], as: UTF8.self) else { return }
            take(.composite(text), decoder, for: field, message, into: &intake)
        }
    }

    private func take(
        _ input: DeviceInput, _ decoder: DeviceDecoder, for field: BoundField, _ message: Message,
        into intake: inout Intake
    ) {
        let outcome = decoder.decode(input)
        if case .misfit(let reason) = outcome, misfits.count < Self.maximumPaths {
            return misfits.append(Misfit(field: field, input: input, reason: reason))
        }
        take(outcome, for: field, message, into: &intake)
    }

    private func take(
        _ outcome: DeviceOutcome, for field: BoundField, _ message: Message, into intake: inout Intake
    ) {
        switch outcome {
        case .value(let value):
            intake.observations.append(
                Observation(
                    feed: field.feed, content: .value(value), time: field.time?.current,
                    provenance: message.provenance))
        case .nothing: break
        case .unknown:
            intake.observations.append(
                Observation(feed: field.feed, content: .unknown, provenance: message.provenance))
        case .refused(let reason), .misfit(let reason): refuse(field, reason, message, into: &intake)
        }
    }

    func refuse(_ field: BoundField, _ reason: String, _ message: Message, into intake: inout Intake) {
        let subject = field.path.isEmpty ? "" : "the field '\(field.path.prefix(80))': "
        intake.refuse(message.payload, of: topic, "\(subject)\(reason) (\(field.feed.name))", at: message.time)
    }
}

extension TopicPlan.BoundField {
    init(_ field: Mapping.Field, key: KeyName, time: BoundTime?, topic: String, path: String) {
        self.init(
            feed: Feed(key: key, topic: topic, type: field.type, source: field.source),
            decoder: .mapping(field.decoder),
            isEvent: field.isEvent, path: path, time: time)
    }
}
