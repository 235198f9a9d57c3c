internal import Komoku
internal import KomokuHub

/// Devices as the answer to `devices` has them.
enum DeviceText {
    /// From this many bytes on an answer is full, and the next one goes on.
    static let size = 512 << 10

    /// `{"devices":[…]}`, with `"next"` where it does not hold all of them.
    ///
    /// - Parameter more: whether others follow those that are given.
    static func answer(_ devices: some Sequence<DeviceInfo>, more: Bool) -> [UInt8] {
        var bytes = Array(#"{"devices":["#.utf8)
        var last: DevicesQuery.Place?
        var isCut = more
        for device in devices {
            if bytes.count >= size {
                isCut = true
                break
            }
            if last != nil { bytes.append(UInt8(ascii: ",")) }
            json(of: device).write(into: &bytes)
            last = device.place
        }
        bytes.append(UInt8(ascii: "]"))
        if isCut, let last {
            bytes.append(contentsOf: #","next":"#.utf8)
            last.json.write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    static func json(of device: DeviceInfo) -> JSON {
        [
            "device": .string(device.id.text),
            "name": .string(device.name),
            "manufacturer": JSON(text: device.manufacturer),
            "model": JSON(text: device.model),
            "source": .string(device.source),
            "present": .bool(device.isPresent),
            "online": device.isOnline.map { .bool($0) } ?? .null,
            "via": JSON(text: device.via?.text),
            "sleeps": .bool(device.sleeps),
            "last_seen": device.lastSeen.map { .number($0.seconds) } ?? .null,
            "properties": .array(device.properties.map(json)),
            "unsupported": .array(
                device.unsupported.map { ["what": .string($0.what), "reason": .string($0.reason)] }),
        ]
    }

    /// What every property has, then what some have.
    static func json(of property: PropertyInfo) -> JSON {
        let description = property.description
        var members: [JSON.Member] = [
            JSON.Member("property", .string(description.name)),
            JSON.Member("key", .string(property.key.text)),
            JSON.Member("type", .string(property.type.rawValue)),
            JSON.Member("unit", JSON(text: description.unit)),
            JSON.Member("value", JSON(property.last?.value)),
            JSON.Member("stale", .bool(property.isStale)),
            JSON.Member("writable", .bool(description.isWritable)),
            JSON.Member("event", .bool(description.isEvent)),
        ]
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        add("min", description.minimum.flatMap(JSON.finite))
        add("max", description.maximum.flatMap(JSON.finite))
        add("step", description.step.flatMap(JSON.finite))
        if !description.presets.isEmpty { add("presets", .array(description.presets.map(\.json))) }
        add("values", description.values.map { .array($0.map { .string($0) }) })
        add("label", description.label.map { .string($0) })
        add("category", description.category.map { .string($0.rawValue) })
        add("expect_every", description.expectEvery.map { .number($0.seconds) })
        add("last_time", property.last.map { .number($0.time.seconds) })
        if !property.isPresent { add("present", false) }
        add("command", property.command.map(json))
        return .object(members)
    }

    static func json(of command: CommandState) -> JSON {
        var members = [
            JSON.Member("value", command.value.json), JSON.Member("time", .number(command.time.seconds)),
            JSON.Member("state", .string(CommandOutcome.word(command.outcome))),
        ]
        switch command.outcome {
        case .failed(let reason): members.append(JSON.Member("reason", .string(reason)))
        case .reported(let value), .differs(let value): members.append(JSON.Member("reported", value.json))
        case .sent, nil: break
        }
        return .object(members)
    }
}

extension CommandOutcome {
    /// `waiting` where there is none yet.
    static func word(_ outcome: CommandOutcome?) -> String {
        switch outcome {
        case nil: "waiting"
        case .reported: "reported"
        case .differs: "differs"
        case .sent: "sent"
        case .failed: "failed"
        }
    }

    /// The answer to a put.
    var json: JSON {
        let outcome = JSON.Member("outcome", .string(Self.word(self)))
        switch self {
        case .reported(let value), .differs(let value): return .object([outcome, JSON.Member("value", value.json)])
        case .sent: return .object([outcome])
        case .failed(let reason): return .object([outcome, JSON.Member("reason", .string(reason))])
        }
    }
}

extension DeviceCommandMessage {
    /// What would be published. A payload that is no text is told as base64 too.
    var json: JSON {
        let text = String(decoding: payload, as: UTF8.self)
        var members = [JSON.Member("topic", .string(topic)), JSON.Member("payload", .string(text))]
        if !text.utf8.elementsEqual(payload) {
            members.append(JSON.Member("payload_base64", .string(Base64.text(payload))))
        }
        members.append(JSON.Member("qos", .number(Double(qos))))
        members.append(JSON.Member("retain", .bool(isRetained)))
        if !before.isEmpty { members.append(JSON.Member("before", .array(before.map(\.json)))) }
        if !after.isEmpty { members.append(JSON.Member("after", .array(after.map(\.json)))) }
        return .object(members)
    }
}

extension JSON {
    fileprivate init(text: String?) {
        self = text.map { .string($0) } ?? .null
    }

    fileprivate static func finite(_ number: Double) -> JSON? { number.isFinite ? .number(number) : nil }
}
