internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import NIOPosix

/// Devices and the commands to them.
extension CommandRun {
    /// The catalogue, a slice at a time; the text of it is made off the hub's thread.
    func answer(_ query: DevicesQuery, in hub: isolated Hub, _ reply: @escaping Answer) {
        if let text = query.device {
            guard let device = hub.device(text) else { return reply(.error(.unknownDevice(text, in: hub))) }
            return reply(.encoded(DeviceText.answer([device], more: false)))
        }
        let (devices, more) = hub.slice(query)
        NIOThreadPool.singleton.submit { _ in reply(.encoded(DeviceText.answer(devices, more: more))) }
    }

    func forget(_ text: String, in hub: isolated Hub) -> Result<Outcome, Refusal> {
        guard let device = hub.device(text) else { return .failure(.unknownDevice(text, in: hub)) }
        do throws(CommandFault) {
            try hub.forget(device.id)
            return .success(.written)
        } catch {
            return .failure(.notAllowed(error.description))
        }
    }

    /// Answers `replace`, when it is on disk.
    func replace(_ old: String, with new: String, in hub: isolated Hub, _ reply: @escaping Answer) {
        guard let dead = hub.device(old) else { return reply(.error(.unknownDevice(old, in: hub))) }
        guard let fresh = hub.device(new) else { return reply(.error(.unknownDevice(new, in: hub))) }
        hub.replace(dead.id, with: fresh.id) { result, hub in
            switch result {
            case .failure(let fault): reply(.error(.notAllowed(fault.description)))
            case .success(let done):
                let answer: JSON = [
                    "device": .string(done.old.text), "with": .string(done.new.text),
                    "keys": .array(done.keys.map { .string($0.text) }),
                    "left": .array(done.left.map { .string($0.text) }),
                ]
                hub.whenDurable { reply($0 == .durable ? .json(answer) : .unstored) }
            }
        }
    }

    /// A put to a key. One of a device's is a command, answered when that has ended, or as soon as it is on its way.
    func put(
        _ name: KeyName, _ json: JSON, at time: Timestamp?, _ answer: PutAnswer, in hub: isolated Hub
    ) throws(CommandError) -> Outcome {
        try hub.put(name, json, at: time, cause: .client("websocket"))
        guard let key = hub.key(name), key.property != nil, let command = key.command else {
            return time.map { $0 > hub.futureLimit } ?? false ? .ahead : .written
        }
        if answer == .done { return .written }
        // A command that cannot be sent has ended already.
        if answer == .ended, command.outcome == nil { return .commanded(name) }
        return .reply(Reply(command.outcome))
    }

    /// What a put would send.
    func dryRun(_ name: KeyName, _ json: JSON, in hub: isolated Hub) -> Result<Outcome, Refusal> {
        do throws(CommandFault) {
            if let message = try hub.command(json, to: name) { return .success(.reply(.json(message.json))) }
        } catch {
            return .failure(Refusal(.invalidValue, error.description))
        }
        guard let key = hub.key(name) else { return .failure(.unknownKey(name)) }
        let reason = key.property == nil ? "'\(name)' is no device's" : "the device only reports '\(name)'"
        return .failure(Refusal(.invalidKey, "\(reason): a put would send nothing"))
    }
}

extension Reply {
    /// What became of a command; nil is nothing yet.
    init(_ outcome: CommandOutcome?) {
        self = .json(outcome?.json ?? ["outcome": .string(CommandOutcome.word(nil))])
    }
}

extension Refusal {
    /// There is no such device, or more than one.
    fileprivate static func unknownDevice(_ text: String, in hub: isolated Hub) -> Refusal {
        let same = hub.devices().filter { $0.name.utf8.elementsEqual(text.utf8) }.map(\.id.text)
        guard same.count > 1 else { return Refusal(.invalidKey, "there is no device '\(text)'") }
        let ids = same.prefix(4).joined(separator: ", ")
        return Refusal(.invalidKey, "\(same.count) devices are called '\(text)'; give the id: \(ids)")
    }
}
