internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Devices and the commands to them.
extension Desk {
    /// The catalogue, a slice at a time; the text of it is made off the hub's thread.
    func answer(_ request: DevicesRequest, for rights: Rights, in hub: isolated Hub, _ then: @escaping Answer) {
        if let text = request.device {
            guard let device = hub.device(text)?.seen(by: rights) else {
                return then(.error(.unknownDevice(text, for: rights, in: hub)))
            }
            return then(.encoded(DevicesPage.bytes(of: [Device(device)], more: false)))
        }
        let limit = min(request.limit ?? .max, DevicesRequest.mostDevices)
        let found = devices(after: request.after, limit: limit + 1, for: rights, in: hub)
        work.async {
            let devices = found.prefix(limit).lazy.map(Device.init)
            then(.encoded(DevicesPage.bytes(of: devices, more: found.count > limit)))
        }
    }

    /// Those that somebody sees, in the order of the catalogue.
    private func devices(
        after cursor: DeviceCursor?, limit: Int, for rights: Rights, in hub: isolated Hub
    ) -> [DeviceInfo] {
        var last = cursor.map { ($0.name, DeviceID($0.id)) }
        var seen: [DeviceInfo] = []
        while seen.count < limit {
            let found = hub.devices(after: last, limit: limit)
            seen += found.compactMap { $0.seen(by: rights) }
            guard found.count == limit, let end = found.last else { break }
            last = (end.name, end.id)
        }
        return Array(seen.prefix(limit))
    }

    func forget(_ text: String, in hub: isolated Hub) throws(Refusal) {
        guard let device = hub.device(text) else { throw .unknownDevice(text, in: hub) }
        do throws(CommandRefusal) { try hub.forget(device.id) } catch { throw .notAllowed(error.description) }
    }

    /// Answers `replace`, when it is on disk.
    func replace(_ old: String, with new: String, in hub: isolated Hub, _ then: @escaping Answer) {
        guard let dead = hub.device(old) else { return then(.error(.unknownDevice(old, in: hub))) }
        guard let fresh = hub.device(new) else { return then(.error(.unknownDevice(new, in: hub))) }
        hub.replace(dead.id, with: fresh.id) { result, hub in
            switch result {
            case .failure(let fault): then(.error(.notAllowed(fault.description)))
            case .success(let done):
                var answer = DeviceReplacement()
                (answer.device, answer.successor) = (done.old.text, done.new.text)
                (answer.keys, answer.left) = (done.keys.map(\.text), done.left.map(\.text))
                hub.whenDurable { [answer] in then($0 == .durable ? .shape(answer) : Reply.shape(answer).unstored) }
            }
        }
    }

    /// Has the bridge of a device do something with it; answered as commands to devices are.
    func carryOut(_ care: DeviceCare, of text: String, in hub: isolated Hub, _ then: @escaping Answer) {
        guard let device = hub.device(text) else { return then(.error(.unknownDevice(text, in: hub))) }
        if case .rename(let name) = care,
            name.isEmpty || name.utf8.count > 255 || name.utf8.contains(where: { $0 < 0x20 })
        {
            return then(.error(Refusal(.invalidValue, "a device's name has 1 to 255 bytes and no control characters")))
        }
        hub.carryOut(care, of: device.id) { fault in
            then(fault.map { Reply(.failed($0.description)) } ?? .ok)
        }
    }

    /// A put to a key. One of a device's is a command, answered when that has ended, or as soon as it is on its way.
    func put(
        _ request: PutRequest, _ cause: Cause, for caller: Caller, in hub: isolated Hub
    ) throws(Refusal) -> Outcome {
        let (name, value) = (request.key, request.value)
        if request.isDryRun { return try dryRun(name, value, in: hub) }
        do throws(CommandError) {
            try hub.put(name, value, at: request.time, cause: cause)
        } catch {
            guard error == .invalidValue else { throw Refusal(error) }
            throw Refusal(error, helpers.putFault(name, at: request.time, in: hub) ?? hub.putFault(name, value))
        }
        guard let key = hub.key(name), key.property != nil, let command = key.command else {
            return .durable(request.time.map { $0 > hub.futureLimit } ?? false ? .future : .ok)
        }
        if caller.version == .v1 { return .durable(.ok) }
        // A command that cannot be sent has ended already.
        if request.waits, command.outcome == nil { return .commanded(name) }
        return .reply(Reply(command.outcome))
    }

    /// What a put would send.
    private func dryRun(_ name: KeyName, _ value: JSON, in hub: isolated Hub) throws(Refusal) -> Outcome {
        do throws(CommandRefusal) {
            if let message = try hub.command(value, to: name) { return .reply(.shape(DeviceMessage(message))) }
        } catch {
            throw Refusal(.invalidValue, error.description)
        }
        guard let key = hub.key(name) else { throw .unknownKey(name) }
        let reason = key.property == nil ? "'\(name)' is no device's" : "the device only reports '\(name)'"
        throw Refusal(.invalidKey, "\(reason): a put would send nothing")
    }
}

extension DeviceInfo {
    /// With the properties whose keys somebody may read; nil where there are none, or only for who may read all.
    fileprivate func seen(by rights: Rights) -> DeviceInfo? {
        guard !rights.readsAll else { return self }
        var device = self
        device.properties.removeAll { !rights.mayRead($0.key) }
        (device.unsupported, device.via) = ([], nil)
        return device.properties.isEmpty ? nil : device
    }
}

extension Refusal {
    /// There is no such device, or more than one.
    fileprivate static func unknownDevice(
        _ text: String, for rights: Rights = .all, in hub: isolated Hub
    ) -> Refusal {
        let same = hub.devices().compactMap { $0.seen(by: rights) }
            .filter { $0.name.utf8.elementsEqual(text.utf8) }.map(\.id.text)
        guard same.count > 1 else { return Refusal(.invalidKey, "there is no device '\(text)'") }
        let ids = same.prefix(4).joined(separator: ", ")
        return Refusal(.invalidKey, "\(same.count) devices are called '\(text)'; give the id: \(ids)")
    }
}
