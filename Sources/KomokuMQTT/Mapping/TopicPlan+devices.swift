internal import Komoku
internal import KomokuHub

/// The part of a plan that sources of devices make.
extension TopicPlan {
    /// Adds what the sources say of the topic; before `finish`.
    func add(_ topic: consuming DeviceTopic) {
        guard !topic.isEmpty || topic.isHeld else { return }
        wantsSources = topic.wantsSources
        if !topic.fields.isEmpty { deviceTime = topic.time.map(time) }
        payloadFields += topic.payloads.map(bound)
        let count = topic.fields.count + topic.ignoredPaths.count + (topic.guardian == nil ? 0 : 1)
        jsonFields.reserveCapacity(jsonFields.count + count)
        jsonFields += topic.fields.lazy.map(bound)
        // The scanner looks for these too: the stamp is read, the others are known to mean nothing.
        jsonFields += topic.ignoredPaths.map(unused)
        if let guardian = topic.guardian {
            stamp = jsonFields.count
            jsonFields.append(unused(guardian.path))
        }
        topic.forgetFields()
        device = topic
    }

    private func bound(_ field: DeviceTopic.Field) -> BoundField {
        BoundField(
            feed: Feed(field.property, topic: topic), decoder: .device(field.decoder), isEvent: field.isEvent,
            path: field.path, time: field.path.isEmpty ? nil : deviceTime)
    }

    func unused(_ path: String) -> BoundField {
        BoundField(feed: Self.nobody, decoder: .none, isEvent: false, path: path)
    }

    private static let nobody = Feed(PropertyID(DeviceID(""), ""), topic: "")

    /// The leaves of a message that are neither bound nor known to mean nothing. The scan is kept for `read`.
    func unknownPaths(in payload: UnsafeBufferPointer<UInt8>) -> [String] {
        guard device?.learner != nil, payload.count <= Self.maximumPayload, scan(payload) == nil,
            let scanner = scanner?.scanner
        else {
            return []
        }
        return scanner.others.lazy.filter { !self.declined.contains($0.path) }
            .map { String(decoding: $0.path, as: UTF8.self) }
    }

    /// The source does not want these: it is not asked again. Beyond the limit it is not asked at all.
    func decline(_ paths: [String]) {
        for path in paths where declined.count < Self.maximumPaths { declined.insert(Array(path.utf8)) }
        guard declined.count >= Self.maximumPaths else { return }
        device?.stopLearning()
        wantsSources = device?.wantsSources ?? false
    }

    /// Whether the message that was scanned says anything new, by the stamp that it carries.
    func isNews(_ message: Message) -> Bool {
        guard let stamp, let guardian = device?.guardian, let scanner = scanner?.scanner else { return true }
        let text: String? =
            switch scanner.leaves[jsonFields[stamp].leaf] {
            case .text(let range, let isEscaped):
                FieldScanner.text(range, isEscaped: isEscaped, of: message.payload)
            case .number(let number): DecimalNumber.text(number)
            default: nil
            }
        switch guardian.judge(text, message: Self.hash(message.payload), at: message.time) {
        case .fresh: return true
        case .repeated: return false
        // What comes late has its place in the history, where it says when that was.
        case .old: return deviceTime?.current != nil
        }
    }

    private static func hash(_ payload: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(payload))
        return hasher.finalize()
    }
}

extension DeviceInput {
    init(_ input: FieldDecoder.Input) {
        self =
            switch input {
            case .text(let text): .text(text)
            case .number(let number): .number(number)
            case .bool(let bool): .bool(bool)
            }
    }
}
