internal import Komoku
internal import KomokuHub

/// What the bridge does with its devices and groups: `bridge/request/…`, answered on `bridge/response/…`.
extension Zigbee2MQTTSource {
    /// - Parameter id: the address of a device, or the number of a group.
    func care(for id: String, isGroup: Bool) -> BridgeRequests.Making {
        let (base, kind) = (base, isGroup ? "group" : "device")
        return { care in
            switch care {
            case .rename(let name):
                Self.request("\(base)/bridge/request/\(kind)/rename", ["from": .string(id), "to": .string(name)])
            case .remove(let isForced):
                Self.request(
                    "\(base)/bridge/request/\(kind)/remove", ["id": .string(id), "force": .bool(isForced)])
            case .update where isGroup: nil
            case .update:
                // It answers when the device has all of it, or at once when there is nothing to do.
                Self.request("\(base)/bridge/request/device/ota_update/update", ["id": .string(id)], isLong: true)
            }
        }
    }

    private static func request(
        _ topic: String, _ members: KeyValuePairs<String, JSON>, isLong: Bool = false
    ) -> BridgeRequests.Request {
        let members = members.map { JSON.Member($0.key, $0.value) }
        var request = BridgeRequests.Request(topic: topic) { transaction in
            .object(members + [JSON.Member("transaction", .string(transaction))])
        }
        (request.isLong, request.patience) = (isLong, isLong ? .seconds(10) : .seconds(20))
        return request
    }

    func takeResponse(_ message: DeviceMessage, _ news: inout DeviceNews) {
        // Of a bridge that was asked by somebody else there is nothing to know here.
        guard !message.isRetained, let answer = try? message.json(), let transaction = answer["transaction"]?.string
        else { return }
        let isDone = answer["status"]?.string.map { $0.utf8.elementsEqual("ok".utf8) } ?? false
        let reason = String((answer["error"]?.string ?? "the bridge refused it").prefix(500))
        news.answered(transaction, isDone ? nil : CommandRefusal(reason))
    }
}
