import KomokuSQLite
import Komoku

/// The devices of the hub's catalogue.
enum DeviceTable {
    static func apply(_ writes: [DeviceWrite], _ db: Database) throws {
        for device in writes {
            if let data = device.data {
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO devices (id, data) VALUES (?, ?)")
                    .execute(arguments: [device.id, data.storedText])
            } else {
                try db.cachedStatement(sql: "DELETE FROM devices WHERE id = ?").execute(arguments: [device.id])
            }
        }
    }

    /// - Parameter skipped: told of each row that is no device, by its id.
    static func fetch(_ db: Database, skipped: (String) -> Void) throws -> [DeviceWrite] {
        var devices: [DeviceWrite] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT id, data FROM devices ORDER BY id")
        while let row = try rows.next() {
            if let data = try? JSON(parsing: row.text(1)) {
                devices.append(DeviceWrite(id: row.text(0), data: data))
            } else {
                skipped(row.text(0))
            }
        }
        return devices
    }
}
