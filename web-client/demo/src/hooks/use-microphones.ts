import { useCallback, useEffect, useState } from 'react';

export type MicrophonePermission = 'unknown' | 'prompt' | 'granted' | 'denied';

export interface Microphones {
  /** False where the browser gives a page no microphones at all (http:// on another host). */
  readonly supported: boolean;
  readonly permission: MicrophonePermission;
  /** With labels once permission is there; before, a browser tells next to nothing. */
  readonly devices: readonly MediaDeviceInfo[];
  readonly refresh: () => void;
}

/** The microphones of this computer, followed as they come and go. Never asks for permission. */
export function useMicrophones(): Microphones {
  const supported = navigator.mediaDevices !== undefined;
  const [permission, setPermission] = useState<MicrophonePermission>('unknown');
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);

  const refresh = useCallback(() => {
    navigator.mediaDevices
      ?.enumerateDevices()
      .then((all) => setDevices(all.filter((device) => device.kind === 'audioinput' && isOne(device))))
      .catch(() => setDevices([]));
  }, []);

  useEffect(() => {
    refresh();
    navigator.mediaDevices?.addEventListener('devicechange', refresh);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', refresh);
  }, [refresh]);

  useEffect(() => {
    let status: PermissionStatus | undefined;
    let gone = false;
    const follow = () => {
      if (status) setPermission(status.state);
      refresh();
    };
    // Not every browser knows this name; then the answer stays `unknown` and a click asks.
    navigator.permissions
      ?.query({ name: 'microphone' })
      .then((answer) => {
        if (gone) return;
        status = answer;
        status.addEventListener('change', follow);
        follow();
      })
      .catch(() => {});
    return () => {
      gone = true;
      status?.removeEventListener('change', follow);
    };
  }, [refresh]);

  return { supported, permission, devices, refresh };
}

/** Chrome lists the default device twice more under these names; our own entry for it says the same. */
function isOne(device: MediaDeviceInfo): boolean {
  return device.deviceId !== '' && device.deviceId !== 'default' && device.deviceId !== 'communications';
}
